// A query in a tab of its own, beside the tabs that are there.
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';

const editorsOf = pick('queryEditor', 'variableEditor');

/** @returns {(query: string, variables: string) => void} */
export function useOpenTab() {
  const { addTab, updateActiveTabValues } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(editorsOf);
  return (query, variables) => {
    addTab();
    updateActiveTabValues({ query, variables });
    queryEditor?.setValue(query);
    variableEditor?.setValue(variables);
  };
}
