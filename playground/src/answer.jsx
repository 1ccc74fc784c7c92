// What stands over the response: did it work, what went wrong, and the answer as a table, JSON, calls or sources.
import { useMemo, useState, useSyncExternalStore } from 'react';
import { useGraphiQL } from '@graphiql/react';
import { newestAnswer, onAnswer } from './answers.js';
import { CallsPanel } from './calls.jsx';
import { parseForShow } from './exact.js';
import { listsOf } from './lists.js';
import { incompleteSources, sourceGroups } from './sources.js';
import { recalled, remember } from './storage.js';
import { TablePanel } from './table.jsx';
import { size } from './units.js';
import { SourcesPanel } from './verdicts.jsx';

const SHOWN_ERRORS = 5;
const STORED = 'ledgermesh:view';
const VIEWS = ['table', 'json', 'calls', 'sources'];

/**
 * @param {string | null | undefined} text
 * @param {(text: string) => any} parse
 */
function parsed(text, parse) {
  try {
    return text ? parse(text) : null;
  } catch {
    return null; // GraphiQL also shows plain messages here
  }
}

/** The open tab's answer, else why there is no schema; time and status only while it is the newest one. */
function useAnswer() {
  const text = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.response || state.fetchError);
  const newest = useSyncExternalStore(onAnswer, newestAnswer);
  // Plain numbers, for reckoning; the answer as it is shown keeps its own digits.
  const result = useMemo(() => parsed(text, JSON.parse), [text]);
  const lists = useMemo(() => listsOf(parsed(text, parseForShow)?.data), [text]);
  const groups = useMemo(() => sourceGroups(result?.data), [result]);
  return { timed: newest?.text === text ? newest : null, result, lists, groups };
}

/** The picked view is kept; before anything is picked a list is a table. */
function useView() {
  const [view, setView] = useState(() => {
    const kept = recalled(STORED);
    return VIEWS.includes(kept) ? kept : 'table';
  });
  const pick = (name) => {
    remember(STORED, name);
    setView(name);
  };
  return [view, pick];
}

/** @param {{errors: any[]}} props */
function Errors({ errors }) {
  return (
    <div className="lm-errors" role="alert">
      <strong>{errors.length === 1 ? '1 error' : `${errors.length} errors`}</strong>
      <ul>
        {errors.slice(0, SHOWN_ERRORS).map((error, index) => (
          <li key={index}>
            {error.extensions?.code && <code>{error.extensions.code}</code>} {error.message}
            {error.path && <span> at {error.path.join('.')}</span>}
            {error.extensions?.remedy && <div>{error.extensions.remedy}</div>}
          </li>
        ))}
        {errors.length > SHOWN_ERRORS && <li>and {errors.length - SHOWN_ERRORS} more, in the JSON</li>}
      </ul>
    </div>
  );
}

/**
 * A provider that has no such records is no fault of the answer, so it is told apart and more quietly.
 * @param {{title: string, lacks: import('./sources.js').Lack[], quiet?: boolean}} props
 */
function Lacks({ title, lacks, quiet = false }) {
  if (!lacks.length) return null;
  return (
    <div className={quiet ? 'lm-partial lm-quiet' : 'lm-partial'} role="status">
      <strong>{title}</strong>
      <ul>
        {lacks.map(({ name, codes, reason }, index) => (
          <li key={index}>
            <b>{name}</b> {codes.length > 0 && <code>{codes.join(' ')}</code>} {reason}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** @typedef {{word: string, look: string}} Verdict */
const FAILED = { word: 'Errors', look: 'lm-failed' };
const PARTIAL = { word: 'Partial', look: 'lm-warned' };
const FINE = { word: 'OK', look: 'lm-fine' };

/** @param {{timed: import('./answers.js').Answer | null, verdict: Verdict}} props */
function Facts({ timed, verdict }) {
  return (
    <div className="lm-facts" role="status">
      <span className={`lm-verdict ${verdict.look}`}>{verdict.word}</span>
      {timed && <span>HTTP {timed.status}</span>}
      {timed && <span>{Math.round(timed.ms)} ms</span>}
      {timed && <span>{size(timed.bytes)}</span>}
    </div>
  );
}

/** @param {{views: {name: string, label: string, count?: number}[], view: string, onPick: (name: string) => void}} props */
function Switch({ views, view, onPick }) {
  return (
    <div className="lm-switch" role="group" aria-label="Show the answer as">
      {views.map(({ name, label, count }) => (
        <button key={name} type="button" aria-pressed={name === view} onClick={() => onPick(name)}>
          {label} {count > 0 && <small>{count}</small>}
        </button>
      ))}
    </div>
  );
}

/** @param {{view: string, lists: any[], groups: any[], calls: any[] | undefined}} props */
function Panel({ view, lists, groups, calls }) {
  if (view === 'json') return null; // GraphiQL's own editor below
  return (
    <div className="lm-panel">
      {view === 'table' && <TablePanel lists={lists} />}
      {view === 'calls' && <CallsPanel calls={calls} />}
      {view === 'sources' && <SourcesPanel groups={groups} />}
    </div>
  );
}

/** @param {any[]} lists @param {any[]} groups @param {any[] | undefined} calls */
const viewsOf = (lists, groups, calls) =>
  [
    lists.length > 0 && { name: 'table', label: 'Table' },
    { name: 'json', label: 'JSON' },
    { name: 'calls', label: 'Calls', count: calls?.length },
    { name: 'sources', label: 'Sources', count: groups.reduce((sum, { verdicts }) => sum + verdicts.length, 0) },
  ].filter(Boolean);

export function AnswerView() {
  const { timed, result, lists, groups } = useAnswer();
  const [picked, pick] = useView();
  const lacks = useMemo(() => incompleteSources(groups), [groups]);
  if (!result) return <div className="lm-strip lm-idle">Run the query to see its answer.</div>;
  const errors = Array.isArray(result.errors) ? result.errors : [];
  const calls = Array.isArray(result.extensions?.calls) ? result.extensions.calls : undefined;
  const missing = lacks.filter(({ unsupported }) => !unsupported);
  // Nothing but errors is best read as it came.
  const view = (picked === 'table' && !lists.length) || !result.data ? 'json' : picked;
  return (
    <>
      <div className="lm-strip">
        <div className="lm-head">
          <Facts timed={timed} verdict={errors.length ? FAILED : missing.length ? PARTIAL : FINE} />
          {result.data && <Switch views={viewsOf(lists, groups, calls)} view={view} onPick={pick} />}
        </div>
        {errors.length > 0 && <Errors errors={errors} />}
        {view !== 'sources' && <Lacks title="Not complete" lacks={missing} />}
        {view !== 'sources' && <Lacks title="Without" lacks={lacks.filter(({ unsupported }) => unsupported)} quiet />}
      </div>
      <Panel view={view} lists={lists} groups={groups} calls={calls} />
    </>
  );
}
