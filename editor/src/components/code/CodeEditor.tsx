import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, foldGutter, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { Annotation, Compartment, EditorState, Transaction, type Extension } from "@codemirror/state";
import { EditorView, keymap, lineNumbers, placeholder as placeholderText, tooltips } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { codeHighlight, codeTheme } from "./codeTheme";
import { languageExtension, type CodeLanguage } from "./languages";

export interface CodeEditorProps {
  value: string;
  onChange?: (value: string) => void;
  language: CodeLanguage;
  label: string;
  /** Element ids that describe the field: help text, errors. */
  describedBy?: string | undefined;
  invalid?: boolean;
  readOnly?: boolean;
  /** One line, wrapped when it is long; Enter does nothing and pasted line breaks become spaces. */
  singleLine?: boolean;
  lineNumbers?: boolean;
  minHeight?: string;
  maxHeight?: string;
  placeholder?: string;
  testId?: string;
  className?: string | undefined;
  /** Extra behaviour, such as completion; must be stable between renders. */
  extensions?: Extension;
  onFocus?: (view: EditorView) => void;
  onBlur?: () => void;
  viewRef?: { current: EditorView | null };
}

// Marks changes that come from the outside, so that they are not reported back.
const external = Annotation.define<boolean>();

/** CodeMirror 6 as a controlled field that works inside of a shadow root. */
export function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const settings = useRef(new Compartment());

  useEffect(() => {
    const parent = host.current;
    if (!parent) return;
    const editor = new EditorView({
      parent,
      // Styles and focus belong to the shadow root, not to the document.
      root: parent.getRootNode() as ShadowRoot | Document,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [baseExtensions(latest.current), settings.current.of(settingExtensions(latest.current)), reporting(latest)],
      }),
    });
    view.current = editor;
    if (latest.current.viewRef) latest.current.viewRef.current = editor;
    return () => {
      if (latest.current.viewRef?.current === editor) latest.current.viewRef.current = null;
      editor.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === props.value) return;
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: props.value },
      annotations: [external.of(true), Transaction.addToHistory.of(false)],
    });
  }, [props.value]);

  const { language, readOnly, invalid, label, describedBy, placeholder, extensions } = props;
  useEffect(() => {
    view.current?.dispatch({ effects: settings.current.reconfigure(settingExtensions(latest.current)) });
  }, [language, readOnly, invalid, label, describedBy, placeholder, extensions]);

  return (
    <div
      ref={host}
      className={["ff-code", props.className].filter(Boolean).join(" ")}
      data-testid={props.testId}
      data-invalid={invalid || undefined}
      data-readonly={readOnly || undefined}
      style={{ ["--ff-code-min" as string]: props.minHeight, ["--ff-code-max" as string]: props.maxHeight }}
    />
  );
}

function baseExtensions(props: CodeEditorProps): Extension {
  const single = props.singleLine === true;
  return [
    history(),
    codeTheme,
    syntaxHighlighting(codeHighlight),
    tooltips({ position: "fixed" }),
    // Enter in a single line belongs to the form; Tab leaves the field, so the keyboard is never trapped.
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...(single ? defaultKeymap.filter((binding) => binding.key !== "Enter") : defaultKeymap),
      ...historyKeymap,
    ]),
    single
      ? [EditorState.transactionFilter.of((transaction) => (transaction.newDoc.lines > 1 ? [transaction, joinLines(transaction)] : transaction))]
      : [indentOnInput(), bracketMatching()],
    EditorView.lineWrapping,
    // A long expression fills its lines instead of leaving a hole after "{{".
    single ? EditorView.theme({ ".cm-line": { wordBreak: "break-all" } }) : [],
    single ? [] : closeBrackets(),
    props.lineNumbers ? [lineNumbers(), foldGutter()] : [],
  ];
}

function joinLines(transaction: Transaction) {
  const text = transaction.newDoc.toString().replace(/\s*\n\s*/g, " ");
  return { changes: { from: 0, to: transaction.newDoc.length, insert: text }, sequential: true };
}

function settingExtensions(props: CodeEditorProps): Extension {
  return [
    languageExtension(props.language),
    props.readOnly ? [EditorState.readOnly.of(true)] : [],
    props.placeholder ? placeholderText(props.placeholder) : [],
    props.extensions ?? autocompletion({ override: [] }),
    EditorView.contentAttributes.of({
      "aria-label": props.label,
      ...(props.describedBy ? { "aria-describedby": props.describedBy } : {}),
      ...(props.invalid ? { "aria-invalid": "true" } : {}),
      ...(props.readOnly ? { "aria-readonly": "true" } : {}),
      spellcheck: "false",
      autocapitalize: "off",
    }),
  ];
}

function reporting(latest: { current: CodeEditorProps }): Extension {
  return EditorView.updateListener.of((update) => {
    if (update.docChanged && !update.transactions.some((transaction) => transaction.annotation(external))) {
      latest.current.onChange?.(update.state.doc.toString());
    }
    if (update.focusChanged) {
      if (update.view.hasFocus) latest.current.onFocus?.(update.view);
      else latest.current.onBlur?.();
    }
  });
}
