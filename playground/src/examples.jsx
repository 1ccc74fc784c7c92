// The Examples panel: the named operations that the project itself tests, one click from running.
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { isPhone, variablesText } from './config.js';

const Icon = () => (
  <svg viewBox="0 0 24 24" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round">
    <path d="M4 19.5v-15A2.5 2.5 0 0 1 6.5 2H20v20H6.5a2.5 2.5 0 0 1 0-5H20" />
    <path d="M9 7h7M9 11h5" />
  </svg>
);

const editorsOf = pick('queryEditor', 'variableEditor');

/** `newest-invoices` → `Newest invoices` */
const title = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ');

/** Words between backticks are names from the schema. */
const worded = (text) => text.split('`').map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part));

function useOpenExample() {
  const { addTab, setVisiblePlugin, updateActiveTabValues } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(editorsOf);
  return (example) => {
    const variables = variablesText(example);
    addTab();
    updateActiveTabValues({ query: example.query, variables });
    queryEditor?.setValue(example.query);
    variableEditor?.setValue(variables);
    // On a phone the panel covers the editor, so it has to give way.
    if (isPhone()) setVisiblePlugin(null);
  };
}

/** @param {{examples: import('./config.js').Example[]}} props */
function Examples({ examples }) {
  const open = useOpenExample();
  return (
    <section aria-label="Examples" className="lm-examples">
      <h2>Examples</h2>
      <p>{examples.length ? 'Each opens in a new tab, with its variables.' : 'This server offers no examples.'}</p>
      <ul>
        {examples.map((example) => (
          <li key={example.name}>
            <button type="button" onClick={() => open(example)}>
              <strong>{title(example.name)}</strong>
              {/^\s*mutation\b/m.test(example.query) && <em>writes</em>}
              <span>{worded(example.description)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/**
 * @param {import('./config.js').Example[]} examples
 * @returns {import('@graphiql/react').GraphiQLPlugin}
 */
export function examplesPlugin(examples) {
  return { title: 'Examples', icon: Icon, content: () => <Examples examples={examples} /> };
}
