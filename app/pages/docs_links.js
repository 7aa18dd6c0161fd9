// A plugin of Swagger UI that follows the links of the OpenAPI document.
'use strict';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

// A response fills in the forms of the operations that its links name. After a create, for example, the id of the new
// Dwipp stands in every form that asks for one. https://spec.openapis.org/oas/v3.1.0#link-object
const followLinks = (system) => ({
  statePlugins: {
    spec: {
      wrapActions: {
        setResponse: (setResponse) => (path, method, response) => {
          const done = setResponse(path, method, response);
          const spec = system.specSelectors.specJson().toJS();
          const operation = spec.paths[path][method];
          const links = Object.values(operation.responses[response.status]?.links ?? {});
          // A link to the next page of the same list is skipped, so that the form of a list stays at the first page.
          const following = links.filter((link) => link.operationId !== operation.operationId);
          following.forEach((link) => fillForm(system, spec, link, response.body));
          return done;
        },
      },
    },
  },
});

function fillForm(system, spec, link, answer) {
  const [path, method] = find(spec, link.operationId);
  for (const [name, expression] of Object.entries(link.parameters ?? {})) {
    const value = evaluate(expression, answer);
    if (value !== undefined) fillInParameter(system, path, method, name, value);
  }
  const values = Object.entries(link['x-body'] ?? {}).map(([name, it]) => [name, evaluate(it, answer)]);
  if (values.length && values.every(([, value]) => value !== undefined)) {
    const body = { ...example(spec, spec.paths[path][method].requestBody), ...Object.fromEntries(values) };
    fillInBody(system, path, method, JSON.stringify(body, null, 2));
  }
}

function fillInParameter(system, path, method, name, value) {
  const parameters = system.specSelectors.specJsonWithResolvedSubtrees().getIn(['paths', path, method, 'parameters']);
  const parameter = parameters.find((each) => each.get('name') === name);
  system.specActions.changeParamByIdentity([path, method], parameter, value, false);
}

function fillInBody(system, path, method, value) {
  // Without this flag Swagger UI discards the value when the form is opened, because the user has not edited it.
  system.oas3Actions.setRetainRequestBodyValueFlag({ value: true, pathMethod: [path, method] });
  system.oas3Actions.setRequestBodyValue({ value, pathMethod: [path, method] });
}

function find(spec, operationId) {
  return Object.keys(spec.paths)
    .flatMap((path) => METHODS.map((method) => [path, method]))
    .find(([path, method]) => spec.paths[path][method]?.operationId === operationId);
}

// Evaluates a runtime expression. Only `$response.body#/…` fills in forms.
function evaluate(expression, answer) {
  const [, pointer] = /^\$response\.body#\/(.*)$/.exec(expression) ?? [];
  return pointer?.split('/').reduce((value, name) => value?.[name] ?? undefined, answer);
}

function example(spec, requestBody) {
  const [{ $ref }] = Object.values(requestBody.content['application/json'].examples);
  return spec.components.examples[$ref.split('/').pop()].value;
}
