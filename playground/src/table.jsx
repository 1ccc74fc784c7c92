// The Table panel: one list of the answer, a record in each row.
import { useEffect, useId, useMemo, useState } from 'react';
import { firstList, tableOf } from './lists.js';
import { counted } from './units.js';

const STEP = 100;
const COLUMNS_MAX = 40;

/** @param {{columns: any[], row: Map<string, import('./lists.js').Cell | null>}} props */
function Row({ columns, row }) {
  return (
    <tr>
      {columns.map(({ name, isFigure }, index) => {
        const cell = row.get(name);
        const Cell = index === 0 ? 'th' : 'td';
        return (
          <Cell key={name} scope={index === 0 ? 'row' : undefined} className={isFigure ? 'lm-figure' : undefined}>
            {cell ? <span className={cell.text.length > 40 ? 'lm-long' : undefined}>{cell.text}</span> : <span className="lm-null">null</span>}
          </Cell>
        );
      })}
    </tr>
  );
}

/** @param {{list: import('./lists.js').List}} props */
function Records({ list }) {
  const [shown, setShown] = useState(STEP);
  useEffect(() => setShown(STEP), [list]);
  // Only what is shown is laid out: an answer may hold thousands of records.
  const table = useMemo(() => tableOf(list.rows.slice(0, shown)), [list, shown]);
  const columns = table.columns.slice(0, COLUMNS_MAX);
  if (!list.rows.length) return <p className="lm-none">This list is empty.</p>;
  return (
    <>
      <div className="lm-grid" role="region" aria-label={`${list.place}, as a table`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {columns.map(({ name, isFigure }) => (
                <th key={name} scope="col" className={isFigure ? 'lm-figure' : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, index) => (
              <Row key={index} columns={columns} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="lm-below">
        <span>
          {shown < list.rows.length ? `${shown} of ${counted(list.rows.length, 'row')}` : counted(list.rows.length, 'row')}
          {table.columns.length > COLUMNS_MAX && `; ${table.columns.length - COLUMNS_MAX} more columns in the JSON`}
        </span>
        {shown < list.rows.length && (
          <button type="button" onClick={() => setShown(shown + STEP)}>
            Show {Math.min(STEP, list.rows.length - shown)} more
          </button>
        )}
      </p>
    </>
  );
}

/** @param {{lists: import('./lists.js').List[]}} props at least one */
export function TablePanel({ lists }) {
  const [picked, setPicked] = useState(/** @type {string | null} */ (null));
  const field = useId();
  const list = lists.find(({ place }) => place === picked) ?? firstList(lists);
  return (
    <div className="lm-table">
      {lists.length > 1 && (
        <div className="lm-list-picker">
          <label htmlFor={field}>List</label>
          <select id={field} value={list.place} onChange={(event) => setPicked(event.target.value)}>
            {lists.map(({ place, rows }, index) => (
              <option key={index} value={place}>
                {`${place} (${rows.length})`}
              </option>
            ))}
          </select>
        </div>
      )}
      <Records list={list} />
    </div>
  );
}
