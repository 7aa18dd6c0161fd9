// The limits of the stage's methods, for all clients together: a flood of requests is throttled instead of billed.
//
// API Gateway has no limit for a whole stage. It applies the limit of a stage to each method of each resource:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
// ANY is seven methods, so the four resources have 28. The stage accepts at most the sum of their limits, which is 2,580
// requests per second.
//
// The firewall permits 167 requests per second on average to one address, and 7 below /v1/auth/ (deploy/firewall.yml).
// Each limit that members need is above the rate of one address.
//
// CloudFormation has no loops, so this file is JavaScript.
'use strict';

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

// Requests per second, and the burst. DEFAULT is for paths that LIMITS does not list, and UNUSED for the other methods of
// its paths.
const DEFAULT = [200, 400];
const UNUSED = [20, 40];
const WRITES = [200, 400];
const LIMITS = {
  '/v1/{proxy+}': { GET: [500, 1000], OPTIONS: [500, 1000], DELETE: WRITES, PATCH: WRITES, POST: WRITES, PUT: WRITES },
  // Cognito permits 120 logins per second in an account:
  // https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
  '/v1/auth/{proxy+}': { OPTIONS: [100, 200], POST: [100, 200] },
  // A visit to /docs is six requests.
  '/{proxy+}': { GET: [200, 400] },
  '/': {},
};

const makeSetting = (ResourcePath, HttpMethod, [ThrottlingRateLimit, ThrottlingBurstLimit]) => ({
  ResourcePath,
  HttpMethod,
  ThrottlingRateLimit,
  ThrottlingBurstLimit,
  DataTraceEnabled: false,
  LoggingLevel: 'OFF',
});

// A path begins with a slash, and its own slashes are `~1`:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-apigateway-stage-methodsetting.html
const encode = (path) => (path === '/' ? path : `/${path.replaceAll('/', '~1')}`);

module.exports = [
  makeSetting('/*', '*', DEFAULT),
  ...Object.entries(LIMITS).flatMap(([path, limits]) =>
    METHODS.map((method) => makeSetting(encode(path), method, limits[method] ?? UNUSED))
  ),
];
