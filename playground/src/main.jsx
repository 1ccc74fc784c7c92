// The playground's start.
import './nonce.js';
import './workers.js';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import '@graphiql/plugin-explorer/style.css';
import 'graphiql/graphiql.css'; // not graphiql/style.css: that one inlines 0.6 MB of fonts
import './style.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.jsx';
import { Guard } from './guard.jsx';
import { loadConfig } from './config.js';
import { defineEditorThemes } from './theme.js';

const root = createRoot(document.getElementById('root'));

Promise.all([loadConfig(), defineEditorThemes()]).then(
  ([config]) => {
    document.title = `ledgermesh playground, ${config.environment}`;
    root.render(
      <Guard>
        <App config={config} />
      </Guard>,
    );
  },
  (error) => root.render(<p className="lm-broken" role="alert">The playground could not start: {error.message}</p>),
);
