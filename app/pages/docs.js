// Starts Swagger UI on the page, with what this API knows of itself and Swagger UI does not use.
'use strict';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

// An answer fills in the forms of the operations that it leads to, as the document's links say: who has written a Dwipp
// finds its id wherever one is asked for. https://spec.openapis.org/oas/v3.1.0#link-object
const followLinks = (system) => ({
  statePlugins: {
    spec: {
      wrapActions: {
        setResponse: (setResponse) => (path, method, response) => {
          const done = setResponse(path, method, response);
          const spec = system.specSelectors.specJson().toJS();
          const operation = spec.paths[path][method];
          const links = Object.values(operation.responses[response.status]?.links ?? {});
          // To the next page only who asks for it goes: the form of a list stays at its beginning.
          const onward = links.filter((link) => link.operationId !== operation.operationId);
          onward.forEach((link) => fillIn(system, spec, link, response.body));
          return done;
        },
      },
    },
  },
});

function fillIn(system, spec, link, answer) {
  const [path, method] = place(spec, link.operationId);
  for (const [name, expression] of Object.entries(link.parameters ?? {})) {
    const value = evaluated(expression, answer);
    if (value !== undefined) fillInParameter(system, path, method, name, value);
  }
  const known = Object.entries(link.requestBody ?? {}).map(([name, it]) => [name, evaluated(it, answer)]);
  if (known.length && known.every(([, value]) => value !== undefined)) {
    const body = { ...example(spec, spec.paths[path][method].requestBody), ...Object.fromEntries(known) };
    fillInBody(system, path, method, JSON.stringify(body, null, 2));
  }
}

function fillInParameter(system, path, method, name, value) {
  const parameters = system.specSelectors.specJsonWithResolvedSubtrees().getIn(['paths', path, method, 'parameters']);
  const parameter = parameters.find((each) => each.get('name') === name);
  system.specActions.changeParamByIdentity([path, method], parameter, value, false);
}

function fillInBody(system, path, method, value) {
  // Else it is dropped when its form is opened, as one that nobody has touched.
  system.oas3Actions.setRetainRequestBodyValueFlag({ value: true, pathMethod: [path, method] });
  system.oas3Actions.setRequestBodyValue({ value, pathMethod: [path, method] });
}

function place(spec, operationId) {
  return Object.keys(spec.paths)
    .flatMap((path) => METHODS.map((method) => [path, method]))
    .find(([path, method]) => spec.paths[path][method]?.operationId === operationId);
}

// What a runtime expression comes to, of the only kind that is used here for what people fill in.
function evaluated(expression, answer) {
  const [, pointer] = /^\$response\.body#\/(.*)$/.exec(expression) ?? [];
  return pointer?.split('/').reduce((value, name) => value?.[name] ?? undefined, answer);
}

function example(spec, requestBody) {
  const [{ $ref }] = Object.values(requestBody.content['application/json'].examples);
  return spec.components.examples[$ref.split('/').pop()].value;
}

SwaggerUIBundle({
  dom_id: '#docs',
  url: 'openapi.json',
  deepLinking: true,
  plugins: [followLinks],
  showCommonExtensions: true,
});
