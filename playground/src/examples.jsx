// The Examples panel: the named operations that the project itself tests, by group, one click from running.
import { useId, useState } from 'react';
import { useGraphiQLActions } from '@graphiql/react';
import { isPhone, variablesText } from './config.js';
import { useOpenTab } from './tabs.js';
import { counted } from './units.js';
import { worded } from './words.jsx';

const Icon = () => (
  <svg viewBox="0 0 24 24" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round">
    <path d="M4 19.5v-15A2.5 2.5 0 0 1 6.5 2H20v20H6.5a2.5 2.5 0 0 1 0-5H20" />
    <path d="M9 7h7M9 11h5" />
  </svg>
);

/** `records/newest-invoices` → `Newest invoices` */
const title = (name) => {
  const own = name.slice(name.lastIndexOf('/') + 1);
  return own.charAt(0).toUpperCase() + own.slice(1).replaceAll('-', ' ');
};

/** Every typed word must occur in the title, the group, the description or the query. */
function matching(examples, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return examples.filter(({ name, group, description, query }) => {
    const text = `${title(name)} ${name} ${group ?? ''} ${description} ${query}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** In the order in which the groups come. @returns {[string, import('./config.js').Example[]][]} */
function grouped(examples) {
  const groups = new Map();
  for (const example of examples) {
    const name = example.group ?? 'Overview';
    groups.set(name, [...(groups.get(name) ?? []), example]);
  }
  return [...groups];
}

function useOpenExample() {
  const { setVisiblePlugin } = useGraphiQLActions();
  const openTab = useOpenTab();
  return (example) => {
    openTab(example.query, variablesText(example));
    // On a phone the panel covers the editor, so it has to give way.
    if (isPhone()) setVisiblePlugin(null);
  };
}

/** @param {{examples: import('./config.js').Example[], onOpen: (example: import('./config.js').Example) => void}} props */
const Entries = ({ examples, onOpen }) => (
  <ul>
    {examples.map((example) => (
      <li key={example.name}>
        <button type="button" onClick={() => onOpen(example)}>
          <strong>{title(example.name)}</strong>
          {/^\s*mutation\b/m.test(example.query) && <em>writes</em>}
          <span>{worded(example.description)}</span>
        </button>
      </li>
    ))}
  </ul>
);

/** @param {{examples: import('./config.js').Example[]}} props */
function Examples({ examples }) {
  const open = useOpenExample();
  const [typed, setTyped] = useState('');
  const field = useId();
  const found = matching(examples, typed);
  const groups = grouped(found);
  // A heading tells nothing where there is one group only, so it depends on all, not on what is found.
  const isGrouped = examples.some(({ group }) => group);
  return (
    <section aria-label="Examples" className="lm-examples">
      <h2>Examples</h2>
      <p>{examples.length ? 'Each opens in a new tab, with its variables.' : 'This server offers no examples.'}</p>
      {examples.length > 0 && (
        <div className="lm-find">
          <label htmlFor={field}>Find an example</label>
          <input
            id={field}
            type="search"
            autoComplete="off"
            spellCheck={false}
            placeholder="for example invoices or reports"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <span role="status">{typed.trim() && (found.length ? counted(found.length, 'example') : 'Nothing found')}</span>
        </div>
      )}
      {groups.map(([name, members]) => (
        <section key={name} aria-label={name}>
          {isGrouped && (
            <h3>
              {name} <small>{members.length}</small>
            </h3>
          )}
          <Entries examples={members} onOpen={open} />
        </section>
      ))}
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
