// Our colours in Monaco; GraphiQL's own come in its pink. The rest of the colours are in style.css.

export const EDITOR_THEME = { light: 'ledgermesh-light', dark: 'ledgermesh-dark' };

const PALETTE = {
  light: { base: 'vs', accent: '#0f766e', wash: '#0f766e1a', raised: '#ffffff', ink: '#1f2f3c', line: '#c9d4da' },
  dark: { base: 'vs-dark', accent: '#4fd1c0', wash: '#4fd1c022', raised: '#16242d', ink: '#d5e0e6', line: '#2c404c' },
};

const RULES = {
  light: [
    { token: 'key.identifier.gql', foreground: '0f766e' },
    { token: 'argument.identifier.gql', foreground: '6a4fb3' },
    { token: 'string.key.json', foreground: '1d5f8a' },
    { token: 'string.value.json', foreground: '9a3d12' },
  ],
  dark: [
    { token: 'key.identifier.gql', foreground: '5fd4c4' },
    { token: 'argument.identifier.gql', foreground: 'b3a1f5' },
    { token: 'string.key.json', foreground: '7cc4f0' },
    { token: 'string.value.json', foreground: 'f0a884' },
  ],
};

const colors = ({ accent, wash, raised, ink, line }) => ({
  'editor.background': '#ffffff00',
  'editor.foreground': ink,
  'scrollbar.shadow': '#ffffff00',
  'editorHoverWidget.background': raised,
  'editorHoverWidget.border': line,
  'editorSuggestWidget.background': raised,
  'editorSuggestWidget.border': line,
  'editorSuggestWidget.selectedBackground': wash,
  'editorSuggestWidget.selectedForeground': ink,
  'editorSuggestWidget.highlightForeground': accent,
  'editorSuggestWidget.focusHighlightForeground': accent,
  'list.hoverBackground': wash,
  'list.highlightForeground': accent,
  'editorWidget.background': raised,
  'quickInput.background': raised,
  'menu.background': raised,
  'menu.selectionBackground': wash,
  'menu.selectionForeground': accent,
  'textLink.foreground': accent,
  'textLink.activeForeground': accent,
  'editorLink.activeForeground': accent,
  'editorIndentGuide.background1': '#8080801a',
  focusBorder: accent,
});

/** Must run before GraphiQL's first editor exists; it asks for the themes by name. */
export async function defineEditorThemes() {
  const { editor } = await import('monaco-graphql/esm/monaco-editor.js');
  for (const mode of /** @type {const} */ (['light', 'dark'])) {
    const palette = PALETTE[mode];
    editor.defineTheme(EDITOR_THEME[mode], { base: palette.base, inherit: true, colors: colors(palette), rules: RULES[mode] });
  }
}
