// What API Gateway answers by itself, as the problem documents that the API gives (RFC 9457), with its CORS headers.
//
// JavaScript, because CloudFormation knows no loop, and no name of a deployment but osls's, which changes each time.
// Types: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
// REQUEST_TOO_LARGE, of 413, is API Gateway's alone.
'use strict';

const RETRY_SECONDS = 1;
// As long as the firewall looks back: deploy/firewall.yml.
const FIREWALL_SECONDS = 300;

// Its type, and the answer: status, slug, title, detail; and after how many seconds to ask again.
const RESPONSES = [
  ['ACCESS_DENIED', 403, 'access-denied', 'Access denied', 'The token does not let its owner do this.'],
  ['API_CONFIGURATION_ERROR', 500, 'gateway-misconfigured', 'Our mistake', 'Something is wrong with how the API is set up.'],
  ['AUTHORIZER_CONFIGURATION_ERROR', 500, 'authorizer-misconfigured', 'Our mistake', 'Something is wrong with how tokens are checked.'],
  ['AUTHORIZER_FAILURE', 503, 'authorizer-failed', 'Unavailable for a moment', 'The token could not be checked at the moment: try again.', RETRY_SECONDS],
  ['BAD_REQUEST_BODY', 400, 'bad-request-body', 'Request not readable', 'The body cannot be read.'],
  ['BAD_REQUEST_PARAMETERS', 400, 'bad-request-parameters', 'Request not readable', 'The query or a header cannot be read.'],
  ['DEFAULT_4XX', null, 'refused-by-gateway', 'Request refused', 'The request was refused before it reached the service.'],
  ['DEFAULT_5XX', null, 'failed-in-gateway', 'Our mistake', 'Something went wrong before the request reached the service.'],
  ['EXPIRED_TOKEN', 403, 'expired-signature', 'Access denied', 'The signature of the request has expired.'],
  ['INTEGRATION_FAILURE', 503, 'no-answer', 'Unavailable for a moment', 'The service did not answer: try again.', RETRY_SECONDS],
  ['INTEGRATION_TIMEOUT', 503, 'no-answer-in-time', 'Unavailable for a moment', 'The service did not answer in time: try again.', RETRY_SECONDS],
  ['INVALID_API_KEY', 403, 'invalid-api-key', 'Access denied', 'There are no API keys: log in instead.'],
  ['INVALID_SIGNATURE', 403, 'invalid-signature', 'Access denied', 'Requests are not signed: send an access token instead.'],
  ['MISSING_AUTHENTICATION_TOKEN', 404, 'nothing-to-call', 'Nothing here', 'There is nothing to call at this path by this method.'],
  ['QUOTA_EXCEEDED', 429, 'quota-exceeded', 'Too many requests', 'More was asked than is allowed: try again later.', RETRY_SECONDS],
  ['RESOURCE_NOT_FOUND', 404, 'no-such-resource', 'Nothing here', 'There is nothing at this path.'],
  ['THROTTLED', 429, 'throttled', 'Too many requests', 'Everybody together asked more than is allowed: try again.', RETRY_SECONDS],
  ['UNAUTHORIZED', 401, 'unauthenticated', 'Not logged in', 'Log in, and send the access token as `Authorization: Bearer ...`.'],
  ['UNSUPPORTED_MEDIA_TYPE', 415, 'media-type-refused', 'Media type not supported', 'Send the body as application/json.'],
  ['WAF_FILTERED', 429, 'too-many-attempts', 'Too many requests', 'Too many requests about accounts came from your address: try again later.', FIREWALL_SECONDS],
];

const literal = (text) => `'${text}'`;

function response([type, status, slug, title, detail, retryAfter]) {
  const headers = {
    'Access-Control-Allow-Origin': literal('*'),
    'Access-Control-Expose-Headers': literal('Link, Location, Retry-After, X-Request-Id, Idempotent-Replayed'),
    'Cache-Control': literal('no-store'),
    'Content-Type': literal('application/problem+json'),
    'X-Request-Id': 'context.requestId',
    ...(status === 401 && { 'WWW-Authenticate': literal('Bearer') }),
    ...(retryAfter && { 'Retry-After': literal(retryAfter) }),
  };
  const problem = { type: `urn:dwipper:problem:${slug}`, title, detail, request_id: '$context.requestId' };
  // Where one response is for several statuses, none can be named: RFC 9457 lets a problem leave it out.
  if (status) problem.status = status;
  return {
    Type: 'AWS::ApiGateway::GatewayResponse',
    Properties: {
      RestApiId: { Ref: 'ApiGatewayRestApi' },
      ResponseType: type,
      ...(status && { StatusCode: String(status) }),
      ResponseParameters: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [`gatewayresponse.header.${name}`, value])
      ),
      ResponseTemplates: { 'application/json': JSON.stringify(problem) },
    },
  };
}

const pascal = (type) => type.toLowerCase().replace(/(^|_)([a-z0-9])/g, (_, __, letter) => letter.toUpperCase());

module.exports = async ({ resolveVariable }) => {
  const Resources = Object.fromEntries(RESPONSES.map((row) => [`Response${pascal(row[0])}`, response(row)]));
  const deployment = `ApiGatewayDeployment${await resolveVariable('sls:instanceId')}`;
  return {
    Resources,
    extensions: {
      // The stage is deploy/gateway.yml's; and a deployment takes along the responses that there are when it is made.
      [deployment]: { Properties: { StageName: { Ref: 'AWS::NoValue' } }, DependsOn: Object.keys(Resources) },
    },
  };
};
