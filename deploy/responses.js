// API Gateway's own responses, as problem documents (RFC 9457) with CORS headers, like those of the app.
//
// This file is JavaScript for two reasons: CloudFormation has no loops, and each run of osls changes the name of the
// deployment. The response types: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
// REQUEST_TOO_LARGE (413) cannot be customized.
'use strict';

const RETRY_SECONDS = 1;
// The window of the rate rules in deploy/firewall.yml.
const FIREWALL_SECONDS = 300;

// The same headers as in app/web/middleware.py.
const EXPOSED_HEADERS =
  'Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id';

const LOG_IN = 'Log in and send the access token as `Authorization: Bearer ...`.';

// Response type, status, slug, title, detail, and the seconds in Retry-After. Slugs and titles are those of
// app/web/problems.py, so that the OpenAPI document describes these responses.
//
// A body can name its status only if the status is fixed: no variable of a template has it, `$context.status` is for
// access logs. The defaults are for types without a name, so they have the general status of their class (RFC 9110,
// section 15). https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
const RESPONSES = [
  ['ACCESS_DENIED', 403, 'access-denied', 'Access denied', 'The token does not permit this request.'],
  ['API_CONFIGURATION_ERROR', 500, 'internal-error', 'Internal server error', 'The gateway is misconfigured.'],
  ['AUTHORIZER_CONFIGURATION_ERROR', 500, 'internal-error', 'Internal server error', 'The authorizer is misconfigured.'],
  ['AUTHORIZER_FAILURE', 503, 'unavailable', 'Service unavailable', 'The token could not be checked. Try again.', RETRY_SECONDS],
  ['BAD_REQUEST_BODY', 400, 'malformed-request', 'Malformed request', 'The body cannot be read.'],
  ['BAD_REQUEST_PARAMETERS', 400, 'malformed-request', 'Malformed request', 'The query or a header cannot be read.'],
  ['DEFAULT_4XX', 400, 'malformed-request', 'Malformed request', 'The gateway refused the request.'],
  ['DEFAULT_5XX', 500, 'internal-error', 'Internal server error', 'The gateway failed.'],
  ['EXPIRED_TOKEN', 403, 'access-denied', 'Access denied', 'The signature of the request has expired.'],
  ['INTEGRATION_FAILURE', 503, 'unavailable', 'Service unavailable', 'The service did not answer. Try again.', RETRY_SECONDS],
  ['INTEGRATION_TIMEOUT', 503, 'unavailable', 'Service unavailable', 'The service did not answer in time. Try again.', RETRY_SECONDS],
  ['INVALID_API_KEY', 403, 'access-denied', 'Access denied', `This API has no API keys. ${LOG_IN}`],
  ['INVALID_SIGNATURE', 403, 'access-denied', 'Access denied', `This API accepts no signed requests. ${LOG_IN}`],
  ['MISSING_AUTHENTICATION_TOKEN', 404, 'not-found', 'Not found', 'Nothing exists at this path with this method.'],
  ['QUOTA_EXCEEDED', 429, 'too-many-requests', 'Too many requests', 'The quota is used up. Try again later.', RETRY_SECONDS],
  ['RESOURCE_NOT_FOUND', 404, 'not-found', 'Not found', 'Nothing exists at this path.'],
  ['THROTTLED', 429, 'too-many-requests', 'Too many requests', 'All clients together sent too many requests. Try again.', RETRY_SECONDS],
  ['UNAUTHORIZED', 401, 'unauthenticated', 'Unauthenticated', LOG_IN],
  ['UNSUPPORTED_MEDIA_TYPE', 415, 'unsupported-media-type', 'Unsupported media type', 'Send the body as application/json.'],
  ['WAF_FILTERED', 429, 'too-many-requests', 'Too many requests', 'Your address sent too many requests. Try again later.', FIREWALL_SECONDS],
];

const toStaticValue = (text) => `'${text}'`;

function makeResponse([type, status, slug, title, detail, retryAfter]) {
  const headers = {
    'Access-Control-Allow-Origin': toStaticValue('*'),
    'Access-Control-Expose-Headers': toStaticValue(EXPOSED_HEADERS),
    'Cache-Control': toStaticValue('no-store'),
    'Content-Type': toStaticValue('application/problem+json'),
    'X-Request-Id': 'context.requestId',
    ...(status === 401 && { 'WWW-Authenticate': toStaticValue('Bearer') }),
    ...(retryAfter && { 'Retry-After': toStaticValue(retryAfter) }),
  };
  const problem = { type: `urn:dwipper:problem:${slug}`, title, status, detail, request_id: '$context.requestId' };
  return {
    Type: 'AWS::ApiGateway::GatewayResponse',
    Properties: {
      RestApiId: { Ref: 'ApiGatewayRestApi' },
      ResponseType: type,
      StatusCode: String(status),
      ResponseParameters: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [`gatewayresponse.header.${name}`, value])
      ),
      ResponseTemplates: { 'application/json': JSON.stringify(problem) },
    },
  };
}

const toPascalCase = (type) => type.toLowerCase().replace(/(^|_)([a-z0-9])/g, (_, __, letter) => letter.toUpperCase());

module.exports = async ({ resolveVariable }) => {
  const Resources = Object.fromEntries(RESPONSES.map((row) => [`Response${toPascalCase(row[0])}`, makeResponse(row)]));
  const deployment = `ApiGatewayDeployment${await resolveVariable('sls:instanceId')}`;
  return {
    Resources,
    extensions: {
      // deploy/gateway.yml declares the stage. A deployment includes only the responses that exist when it is created.
      [deployment]: { Properties: { StageName: { Ref: 'AWS::NoValue' } }, DependsOn: Object.keys(Resources) },
    },
  };
};
