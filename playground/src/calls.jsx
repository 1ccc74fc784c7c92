// The Calls panel: every request to a provider on one time axis, from `extensions.calls`.
import { counted, size, time } from './units.js';

const SHOWN_CALLS = 200;
const TICKS_MAX = 5;

/** Only figures can be drawn; an answer from elsewhere may lack some. */
const figure = (value) => (Number.isFinite(value) ? value : 0);

/** A round step that gives at most `TICKS_MAX` ticks. @param {number} end */
function stepOf(end) {
  const rough = Math.max(end, 1) / TICKS_MAX;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
}

/** Where a call's wait and the call itself lie, in milliseconds after the request arrived. */
function spanOf(call) {
  const start = figure(call.startedMs);
  return { begin: Math.max(start - figure(call.waitMs), 0), start, end: start + figure(call.ms) };
}

/** What a bar looks like; the words stand beside it. */
function lookOf({ cache, error, status }) {
  if (error || status >= 400) return 'lm-bar-failed';
  return { HIT: 'lm-bar-hit', JOINED: 'lm-bar-joined' }[cache] ?? 'lm-bar-sent';
}

/** Whatever was out of the ordinary. */
const oddities = ({ attempt, cache, waitMs, error }) =>
  [
    error && { text: error, look: 'lm-failed' },
    cache === 'HIT' && { text: 'cache hit', look: 'lm-fine' },
    cache === 'JOINED' && { text: 'joined an equal call', look: 'lm-fine' },
    attempt > 1 && { text: `attempt ${attempt}`, look: 'lm-warned' },
    waitMs >= 1 && { text: `waited ${time(waitMs)}`, look: 'lm-warned' },
  ].filter(Boolean);

/** @param {{call: any, end: number}} props */
function Bar({ call, end }) {
  const span = spanOf(call);
  const at = (ms) => `${(ms / end) * 100}%`;
  return (
    <div className="lm-track" aria-hidden="true">
      {call.waitMs >= 1 && <i className="lm-bar-wait" style={{ left: at(span.begin), width: at(span.start - span.begin) }} />}
      <i className={lookOf(call)} style={{ left: at(span.start), width: at(span.end - span.start) }} />
    </div>
  );
}

/** @param {{call: any, end: number}} props */
function Line({ call, end }) {
  const { status, ms, startedMs, bodyBytes, budgetLeft, connection, upstreamRequestId } = call;
  return (
    <li className="lm-call">
      <div className="lm-call-what">
        <b>{call.provider}</b> <code>{`${call.method ?? ''} ${call.path ?? ''}`}</code>
      </div>
      <Bar call={call} end={end} />
      <div className="lm-call-facts">
        {status != null && <span className={status >= 400 ? 'lm-failed' : 'lm-fine'}>{status}</span>}
        {oddities(call).map(({ text, look }) => (
          <span key={text} className={`lm-chip ${look}`}>
            {text}
          </span>
        ))}
        {Number.isFinite(ms) && <span>{time(ms)}</span>}
        {Number.isFinite(startedMs) && <span>from {time(startedMs)}</span>}
        {bodyBytes != null && <span>{size(bodyBytes)}</span>}
        {budgetLeft != null && <span>{counted(budgetLeft, 'call')} left</span>}
        <span>{connection}</span>
        {upstreamRequestId && <span className="lm-call-id">request {upstreamRequestId}</span>}
      </div>
    </li>
  );
}

/** @param {any[]} calls */
function summary(calls) {
  const count = (test) => calls.filter(test).length;
  const hits = count(({ cache }) => cache === 'HIT');
  const joined = count(({ cache }) => cache === 'JOINED');
  const again = count(({ attempt }) => attempt > 1);
  const failed = count(({ error, status }) => error || status >= 400);
  const waited = calls.reduce((sum, { waitMs }) => sum + figure(waitMs), 0);
  return [
    counted(calls.length, 'provider call'),
    hits && counted(hits, 'cache hit'),
    joined && `${joined} joined`,
    again && `${again} repeated`,
    failed && `${failed} failed`,
    waited >= 1 && `${time(waited)} waited`,
  ].filter(Boolean);
}

/** @param {{end: number}} props */
function Axis({ end }) {
  const step = stepOf(end);
  const ticks = Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
  return (
    <div className="lm-axis" aria-hidden="true">
      {ticks.map((tick) => (
        <span key={tick} style={{ left: `${(tick / end) * 100}%` }}>
          {time(tick)}
        </span>
      ))}
    </div>
  );
}

/** @param {{calls: any[] | undefined}} props */
export function CallsPanel({ calls }) {
  if (!calls?.length) return <p className="lm-none">No provider was asked for this answer.</p>;
  // A little room at the end, so that the last tick's words are not cut.
  const end = Math.max(...calls.map((call) => spanOf(call).end), 1) * 1.06;
  return (
    <>
      <p className="lm-summary">{summary(calls).join(' · ')}</p>
      <div className="lm-waterfall">
        <Axis end={end} />
        <ol aria-label="Provider calls, in the order they started">
          {calls.slice(0, SHOWN_CALLS).map((call, index) => (
            <Line key={index} call={call} end={end} />
          ))}
        </ol>
      </div>
      {calls.length > SHOWN_CALLS && <p className="lm-none">and {calls.length - SHOWN_CALLS} more, in the JSON</p>}
      <p className="lm-legend" aria-hidden="true">
        <span><i className="lm-bar-sent" /> sent</span>
        <span><i className="lm-bar-wait" /> waiting for the budget</span>
        <span><i className="lm-bar-hit" /> from the cache</span>
        <span><i className="lm-bar-joined" /> joined</span>
        <span><i className="lm-bar-failed" /> failed</span>
      </p>
    </>
  );
}
