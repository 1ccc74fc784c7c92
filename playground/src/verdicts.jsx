// The Sources panel: how each source of each list did, from every `sources` of the answer.
import { lookOf, sourceName } from './sources.js';
import { counted, instantText } from './units.js';
import { worded } from './words.jsx';

const SHOWN_GROUPS = 50;
const FIELDS = ['status', 'completeness', 'reason', 'fetchedAt', 'calls', 'rows', 'error'];

/** @param {{at: string, before: string}} props */
const Moment = ({ at, before }) => (
  <span>
    {before} <time dateTime={at}>{instantText(at)}</time>
  </span>
);

/** Each thing once: code and message may repeat what is said already. @param {{verdict: any}} props */
function Problem({ verdict: { error, reason, status } }) {
  return (
    <div className="lm-source-why">
      {error.code && error.code !== status && <code>{error.code} </code>}
      {error.message && error.message !== reason && <>{worded(error.message)} </>}
      {error.remedy && <>{worded(error.remedy)} </>}
      {error.retryAt && <Moment before="Come back at" at={error.retryAt} />}
    </div>
  );
}

/** @param {{verdict: any}} props */
function Source({ verdict }) {
  const { status, completeness, reason, error, fetchedAt, calls, rows, late, resource, rejected } = verdict;
  const words = [status, completeness].filter((word) => word && word !== 'UNSUPPORTED').join(' · ');
  return (
    <li className="lm-source">
      <div className="lm-source-head">
        <b>{sourceName(verdict)}</b>
        {resource && <span>{resource}</span>}
        <span className={`lm-chip ${lookOf(verdict)}`}>{status === 'UNSUPPORTED' ? 'UNSUPPORTED' : words || 'no verdict asked for'}</span>
      </div>
      <div className="lm-call-facts">
        {calls != null && <span>{counted(calls, 'call')}</span>}
        {rows != null && <span>{counted(rows, 'record')}</span>}
        {late && <span>with late records</span>}
        {rejected?.length > 0 && <span>{counted(rejected.length, 'record')} could not be shown</span>}
        {fetchedAt && <Moment before="fetched" at={fetchedAt} />}
      </div>
      {reason && <div className="lm-source-why">{worded(reason)}</div>}
      {error && <Problem verdict={verdict} />}
    </li>
  );
}

/** @param {{group: import('./sources.js').Group}} props */
function Group({ group: { place, verdicts } }) {
  const isReport = verdicts.some((verdict) => 'report' in verdict);
  const unasked = isReport ? [] : FIELDS.filter((field) => !verdicts.some((verdict) => field in verdict));
  return (
    <section aria-label={place}>
      <h3>{place}</h3>
      <ul>
        {verdicts.map((verdict, index) => (
          <Source key={index} verdict={verdict} />
        ))}
      </ul>
      {unasked.length > 0 && <p className="lm-none">Not asked for: {unasked.join(', ')}</p>}
    </section>
  );
}

/** @param {{groups: import('./sources.js').Group[]}} props */
export function SourcesPanel({ groups }) {
  if (!groups.length) {
    return (
      <p className="lm-none">
        No list of this answer says how its sources did. Ask for <code>{'sources { connection { id } status completeness reason }'}</code>{' '}
        beside <code>nodes</code>.
      </p>
    );
  }
  return (
    <div className="lm-sources">
      {groups.slice(0, SHOWN_GROUPS).map((group, index) => (
        <Group key={index} group={group} />
      ))}
      {groups.length > SHOWN_GROUPS && <p className="lm-none">and {groups.length - SHOWN_GROUPS} more lists, in the JSON</p>}
    </div>
  );
}
