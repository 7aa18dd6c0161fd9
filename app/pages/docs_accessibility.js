// A plugin of Swagger UI that completes the page for keyboards and screen readers.
'use strict';

const improveAccessibility = ({ React }) => ({
  wrapComponents: {
    // The heading between that of the page and those of the tags.
    operations: (Operations) => (props) =>
      React.createElement(
        React.Fragment,
        null,
        React.createElement('h2', { className: 'operations-title' }, 'Operations'),
        React.createElement(Operations, props),
      ),
    // The path of an operation stands in a button, which cannot contain a link. The button sets the address as well.
    DeepLink: (DeepLink) => (props) =>
      React.createElement(DeepLink, { ...props, enabled: props.enabled && !props.path.includes('/') }),
  },
});

// Attributes that Swagger UI lacks: a selector, the name, and the value or a function of the element.
const ATTRIBUTES = [
  ['#servers', 'aria-label', 'Server'],
  ['.examples-select-element', 'aria-label', 'Example'],
  ['.body-param textarea', 'aria-label', 'Request body'],
  ['tr[data-param-name] select', 'aria-label', (element) => element.closest('tr').dataset.paramName],
  ['[role=region].responses-table', 'aria-label', (element) => element.id],
  ['.copy-to-clipboard button', 'aria-label', 'Copy'],
  ['.close-modal', 'aria-label', 'Close'],
  ['.auth-btn-wrapper button', 'aria-label', (element) => element.textContent],
  ['.modal-ux-header h3', 'aria-level', '2'],
  ['.modal-ux-content h4', 'aria-level', '3'],
  // The keyboard must be able to scroll it.
  ['pre.microlight', 'tabindex', '0'],
];

new MutationObserver(() => {
  for (const [selector, name, value] of ATTRIBUTES) {
    for (const element of document.querySelectorAll(selector)) {
      element.setAttribute(name, typeof value === 'function' ? value(element) : value);
    }
  }
}).observe(document.getElementById('docs'), { childList: true, subtree: true });
