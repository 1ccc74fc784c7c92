// The strip above the response: did it work, how long, how many provider calls, and what went wrong.
import { useMemo, useSyncExternalStore } from 'react';
import { useGraphiQL } from '@graphiql/react';
import { newestAnswer, onAnswer } from './answers.js';
import { incompleteSources } from './sources.js';

const SHOWN_ERRORS = 5;

/**
 * Plain numbers, for reading; the answer as it is shown keeps its own digits and cannot be reckoned with.
 * @param {string | null | undefined} text
 */
function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null; // GraphiQL also shows plain messages here
  }
}

/** The open tab's answer, else why there is no schema; time and status only while it is the newest one. */
function useAnswer() {
  const text = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.response || state.fetchError);
  const newest = useSyncExternalStore(onAnswer, newestAnswer);
  return useMemo(() => {
    return { timed: newest?.text === text ? newest : null, result: parsed(text) };
  }, [text, newest]);
}

/** @param {number} bytes */
const size = (bytes) => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);

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
        {errors.length > SHOWN_ERRORS && <li>and {errors.length - SHOWN_ERRORS} more, below</li>}
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

/** One call's outcome in words: status, then whatever was out of the ordinary. */
function outcome({ status, error, cache, attempt }) {
  const notes = [status, error, cache && cache !== 'MISS' && cache.toLowerCase(), attempt > 1 && `attempt ${attempt}`];
  return notes.filter(Boolean).join(', ') || '–';
}

/** @param {{calls: any[]}} props */
function Calls({ calls }) {
  return (
    <details className="lm-calls">
      <summary>{calls.length === 1 ? '1 provider call' : `${calls.length} provider calls`}</summary>
      <div>
        <table>
          <thead>
            <tr>
              <th>Provider</th>
              <th>Request</th>
              <th>Status</th>
              <th>ms</th>
            </tr>
          </thead>
          <tbody>
            {calls.map((call, index) => (
              <tr key={index}>
                <td>{call.provider}</td>
                <td>
                  <code>{`${call.method ?? ''} ${call.path ?? ''}`}</code>
                </td>
                <td>{outcome(call)}</td>
                <td>{Number.isFinite(call.ms) ? Math.round(call.ms) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** @typedef {{word: string, look: string}} Verdict */
const FAILED = { word: 'Errors', look: 'lm-failed' };
const PARTIAL = { word: 'Partial', look: 'lm-warned' };
const FINE = { word: 'OK', look: 'lm-fine' };

/** @param {{timed: import('./answers.js').Answer | null, verdict: Verdict}} props */
function Facts({ timed, verdict }) {
  return (
    <>
      <span className={`lm-verdict ${verdict.look}`}>{verdict.word}</span>
      {timed && <span>HTTP {timed.status}</span>}
      {timed && <span>{Math.round(timed.ms)} ms</span>}
      {timed && <span>{size(timed.bytes)}</span>}
    </>
  );
}

export function AnswerStrip() {
  const { timed, result } = useAnswer();
  const errors = Array.isArray(result?.errors) ? result.errors : [];
  const calls = result?.extensions?.calls;
  const lacks = useMemo(() => incompleteSources(result?.data), [result]);
  if (!result) return <div className="lm-strip lm-idle">Run the query to see its answer.</div>;
  const missing = lacks.filter(({ unsupported }) => !unsupported);
  const absent = lacks.filter(({ unsupported }) => unsupported);
  return (
    <div className="lm-strip" role="status">
      <div className="lm-facts">
        <Facts timed={timed} verdict={errors.length ? FAILED : missing.length ? PARTIAL : FINE} />
        {Array.isArray(calls) && calls.length > 0 && <Calls calls={calls} />}
      </div>
      {errors.length > 0 && <Errors errors={errors} />}
      <Lacks title="Not complete" lacks={missing} />
      <Lacks title="Without" lacks={absent} quiet />
    </div>
  );
}
