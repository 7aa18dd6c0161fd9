// A plugin of Swagger UI that shortens the responses of an operation.
'use strict';

const shortenResponses = ({ React, getComponent }) => ({
  wrapComponents: {
    // An operation has about ten responses that are problems, and all have the same members.
    response: (Response) => (props) => {
      const problems = props.response.getIn(['content', 'application/problem+json', 'examples']);
      const [isShort, setShort] = React.useState(Boolean(problems));
      if (!isShort) return React.createElement(Response, props);
      const text = React.createElement(getComponent('Markdown', true), { source: describe(problems, props.code) });
      return createProblemRow(React.createElement, props.code, text, () => setShort(false));
    },
    headers: (Headers) => (props) =>
      React.createElement(
        'details',
        { className: 'response-headers' },
        React.createElement('summary', null, 'Headers'),
        React.createElement(Headers, props),
      ),
  },
});

// Returns Markdown with the problem types of a response. Each is a link to its explanation.
function describe(problems, code) {
  const links = problems.map((example, slug) => `[${example.get('summary')}](problems#${slug})`);
  // Most of these problems of the gateway stand in the other rows, too.
  if (code === 'default') return links.join(', ');
  return links.map((link, slug) => `${link}: ${problems.getIn([slug, 'value', 'detail'])}`).join('\n\n');
}

function createProblemRow(createElement, code, text, showAll) {
  const button = { className: 'problem-schema', 'aria-label': `Schema of ${code}`, onClick: showAll };
  return createElement(
    'tr',
    { className: 'response', 'data-code': code },
    createElement('td', { className: 'response-col_status' }, code),
    createElement(
      'td',
      { className: 'response-col_description' },
      createElement('button', button, 'Schema'),
      createElement('div', { className: 'problem-types' }, text),
    ),
  );
}
