// The key and company pickers of the top bar.
import { useEffect, useState } from 'react';

const TYPED = 'typed';

/**
 * A text field that reports when the typing is over, so that not every letter asks the server again.
 * @param {{id?: string, label: string, value: string, secret?: boolean, placeholder: string, onCommit: (text: string) => void}} props
 */
function CommitField({ id, label, value, secret = false, placeholder, onCommit }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]); // a link may change it
  const commit = () => text.trim() === value || onCommit(text.trim());
  return (
    <input
      id={id}
      aria-label={label}
      type={secret ? 'password' : 'text'}
      autoComplete="off"
      spellCheck={false}
      placeholder={placeholder}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}

/** @param {{config: import('./config.js').Config, company: string, onPick: (company: string) => void}} props */
export function CompanyPicker({ config, company, onPick }) {
  return (
    <div className="lm-picker">
      <label htmlFor="lm-company">Company</label>
      {config.companies.length === 0 ? (
        <CommitField id="lm-company" label="Company" value={company} placeholder="account key" onCommit={onPick} />
      ) : (
        <select id="lm-company" title="Sent as X-Account-Key" value={company} onChange={(event) => onPick(event.target.value)}>
          <option value="">None: named in the query</option>
          {config.companies.map(({ key, name }) => (
            <option key={key} value={key}>{`${name} (${key})`}</option>
          ))}
        </select>
      )}
    </div>
  );
}

/** @param {{config: import('./config.js').Config, apiKey: string, onPick: (key: string) => void}} props */
export function KeyPicker({ config, apiKey, onPick }) {
  const typing = !config.keys.some(({ key }) => key === apiKey);
  const pick = (choice) => onPick(choice === TYPED ? '' : choice);
  return (
    <div className="lm-picker">
      <label htmlFor="lm-key">API key</label>
      {config.keys.length > 0 && (
        <select
          id="lm-key"
          title="Sent as Authorization: Bearer"
          value={typing ? TYPED : apiKey}
          onChange={(event) => pick(event.target.value)}
        >
          {config.keys.map(({ label, key }) => (
            <option key={key} value={key}>{`${label} (${key})`}</option>
          ))}
          <option value={TYPED}>Another key…</option>
        </select>
      )}
      {typing && (
        <CommitField
          id={config.keys.length ? undefined : 'lm-key'}
          label="Your API key"
          value={apiKey}
          secret
          placeholder="kept in this page only"
          onCommit={onPick}
        />
      )}
    </div>
  );
}
