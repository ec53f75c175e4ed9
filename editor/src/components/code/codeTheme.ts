/** Colours of code from the theme's tokens, so that light and dark need nothing of their own here. */
import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const codeTheme = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--ff-text)", fontSize: "13px", maxHeight: "var(--ff-code-max, 420px)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--ff-font-mono)", lineHeight: "1.5", overflow: "auto", minHeight: "var(--ff-code-min, 0)" },
  ".cm-content": { caretColor: "var(--ff-text)", padding: "6px 0", minHeight: "var(--ff-code-min, 0)" },
  ".cm-line": { padding: "0 8px" },
  ".cm-cursor": { borderLeftColor: "var(--ff-text)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { backgroundColor: "var(--ff-code-selection)" },
  ".cm-gutters": { backgroundColor: "transparent", border: "none", color: "var(--ff-text-muted)" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "28px", padding: "0 4px 0 8px" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--ff-bg-subtle)", border: "1px solid var(--ff-border)", color: "var(--ff-text-muted)" },
  ".cm-placeholder": { color: "var(--ff-text-placeholder, var(--ff-text-muted))" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--ff-bg-active)" },
  ".cm-tooltip": {
    backgroundColor: "var(--ff-bg)",
    border: "1px solid var(--ff-border)",
    borderRadius: "var(--ff-radius)",
    boxShadow: "var(--ff-shadow)",
    color: "var(--ff-text)",
    zIndex: 60,
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--ff-font-mono)", fontSize: "12px", maxHeight: "240px", minWidth: "220px", maxWidth: "min(520px, 90vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { alignItems: "baseline", display: "flex", gap: "8px", lineHeight: "1.4", padding: "3px 8px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--ff-bg-active)", color: "var(--ff-text)" },
  ".cm-completionLabel": { flex: "none" },
  ".cm-completionMatchedText": { color: "var(--ff-accent-text)", fontWeight: 600, textDecoration: "none" },
  ".cm-completionDetail": { color: "var(--ff-text-muted)", flex: "1", fontStyle: "normal", overflow: "hidden", textAlign: "end", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  ".ff-completion-badge": { border: "1px solid var(--ff-border)", borderRadius: "var(--ff-radius-sm)", color: "var(--ff-text-muted)", flex: "none", fontSize: "10px", padding: "0 4px" },
  ".ff-completion-keyword .cm-completionLabel": { color: "var(--ff-code-keyword)" },
  ".cm-completionInfo": { fontFamily: "var(--ff-font)", fontSize: "12px", maxWidth: "280px", padding: "6px 8px" },
  ".cm-completionInfo code": { display: "block", fontFamily: "var(--ff-font-mono)", marginTop: "4px", whiteSpace: "pre-wrap" },
  ".ff-tpl": { backgroundColor: "var(--ff-expression-bg)", borderRadius: "3px" },
  ".ff-tpl-open": { backgroundColor: "var(--ff-warning-bg)" },
  ".ff-tpl, .ff-tpl *": { color: "var(--ff-expression)" },
  ".ff-tpl .ff-tpl-brace": { opacity: 0.65 },
  ".ff-tpl .ff-tpl-string": { color: "var(--ff-code-string)" },
  ".ff-tpl .ff-tpl-number": { color: "var(--ff-code-number)" },
  ".ff-tpl .ff-tpl-keyword": { color: "var(--ff-code-keyword)" },
  ".ff-tpl .ff-tpl-unknown": { color: "var(--ff-danger)" },
});

export const codeHighlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null, tags.atom], color: "var(--ff-code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ff-code-string)" },
  { tag: [tags.number], color: "var(--ff-code-number)" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--ff-code-property)" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.className], color: "var(--ff-code-function)" },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: "var(--ff-text-muted)", fontStyle: "italic" },
  { tag: [tags.variableName], color: "var(--ff-text)" },
  { tag: tags.invalid, color: "var(--ff-danger)" },
]);
