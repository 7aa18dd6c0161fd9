// A plugin of osls: API Gateway calls the alias `live` of the API function, and the alias names a version of the function.
// deploy/release.yml moves the alias to the next version.
//
// The plugin exists for two reasons:
//
// - CloudFormation publishes a version only for a new logical id. So the id must change with the function, and only
//   then: Lambda refuses to publish the same function twice. osls could publish versions too, but not if only the value
//   of a parameter changes.
// - osls directs API Gateway to an alias only if the alias has provisioned concurrency.
'use strict';

const crypto = require('crypto');

const FUNCTION = 'ApiLambdaFunction';
const ALIAS = { name: 'live', logicalId: 'ApiAlias' };
const GROUP = 'ReleaseGroup';
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html: a version does not have these properties.
const UNVERSIONED = ['RecursiveLoop', 'ReservedConcurrentExecutions', 'Tags'];

// Return a value with the values of parameters instead of references to them.
function resolveParameters(value, parameters) {
  if (value === null || typeof value !== 'object') return value;
  const resolve = (name, otherwise) => (name in parameters ? parameters[name].Default : otherwise);
  if (typeof value.Ref === 'string') return resolve(value.Ref, value);
  if (typeof value['Fn::Sub'] === 'string') {
    const text = value['Fn::Sub'].replace(/\$\{(\w+)\}/g, (reference, name) => resolve(name, reference));
    return /\$\{/.test(text) ? { 'Fn::Sub': text } : text;
  }
  if (Array.isArray(value)) return value.map((each) => resolveParameters(each, parameters));
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, resolveParameters(each, parameters)]));
}

// Return a digest of what a version holds. The spelling of the template does not change it.
function hashVersion(properties, parameters) {
  const versioned = Object.fromEntries(Object.entries(properties).filter(([name]) => !UNVERSIONED.includes(name)));
  const text = JSON.stringify(resolveParameters(versioned, parameters));
  return crypto.createHash('sha256').update(text).digest('hex').slice(0, 32);
}

class Release {
  constructor(serverless) {
    this.service = serverless.service;
    this.hooks = {
      'before:package:compileFunctions': () => this.directGatewayToAlias(),
      'after:package:compileFunctions': () => this.addAlias(),
    };
  }

  directGatewayToAlias() {
    this.service.getFunction('api').targetAlias = ALIAS;
  }

  addAlias() {
    const template = this.service.provider.compiledCloudFormationTemplate;
    const { Parameters = {}, Resources = {} } = this.service.resources;
    const version = `ApiVersion${hashVersion(template.Resources[FUNCTION].Properties, Parameters)}`;
    // A version is deleted once the next one has replaced it. If the failed version of a deployment were retained, Lambda
    // would refuse to publish it again in the next attempt.
    template.Resources[version] = { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: FUNCTION } } };
    template.Resources[ALIAS.logicalId] = {
      Type: 'AWS::Lambda::Alias',
      ...(GROUP in Resources && {
        // The group must have the settings of this deployment before it moves the alias.
        DependsOn: [GROUP],
        UpdatePolicy: {
          CodeDeployLambdaAliasUpdate: {
            ApplicationName: { Ref: 'ReleaseApplication' },
            DeploymentGroupName: { Ref: GROUP },
          },
        },
      }),
      Properties: {
        FunctionName: { Ref: FUNCTION },
        FunctionVersion: { 'Fn::GetAtt': [version, 'Version'] },
        Name: ALIAS.name,
      },
    };
  }
}

module.exports = Release;
