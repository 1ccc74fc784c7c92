// The brand bar: name, environment, company and key.
import { CompanyPicker, KeyPicker } from './picker.jsx';

const Mark = () => (
  <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
    <rect width="32" height="32" rx="8" className="lm-mark" />
    <path d="M8 8v16h16M14 19l4-4 3 3 4-6" fill="none" stroke="currentColor" strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round" />
  </svg>
);

const MEANING = {
  sandbox: 'Invented books in emulated systems: nothing here is real',
  live: 'Real books of real companies',
};

/**
 * @param {object} props
 * @param {import('./config.js').Config} props.config
 * @param {import('./session.js').Session} props.session
 * @param {(change: Partial<import('./session.js').Session>) => void} props.onChange
 */
export function TopBar({ config, session, onChange }) {
  return (
    <header className="lm-bar">
      <div className="lm-brand">
        <Mark />
        <span className="lm-name">ledgermesh</span>
        <span className="lm-unseen">Environment: </span>
        <span className={`lm-environment lm-${config.environment}`} title={MEANING[config.environment]}>
          {config.environment}
        </span>
      </div>
      <div className="lm-pickers">
        <CompanyPicker config={config} company={session.company} onPick={(company) => onChange({ company })} />
        <KeyPicker config={config} apiKey={session.key} onPick={(key) => onChange({ key })} />
      </div>
    </header>
  );
}
