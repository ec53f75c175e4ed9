export const paletteMessages = {
  en: {
    nodes: "Nodes",
    search: "Search nodes",
    nothing: "No node matches “{search}”.",
    dragHint: "Drag onto the canvas, or click to add.",
    hide: "Hide the list of nodes",
    show: "Show the list of nodes",
    whatNext: "What happens next?",
    whatStarts: "What starts it?",
    addNode: "Add a node",
    insert: "Put in between",
    keys: "↑↓ choose · Enter add · Esc close",
    Triggers: "Triggers",
    Web: "Web",
    Messages: "Messages",
    Data: "Data",
    Logic: "Logic",
  },
  ru: {
    nodes: "Узлы",
    search: "Поиск узлов",
    nothing: "Нет узлов по запросу «{search}».",
    dragHint: "Перетащите на холст или щёлкните.",
    hide: "Скрыть список узлов",
    show: "Показать список узлов",
    whatNext: "Что дальше?",
    whatStarts: "Чем запускается?",
    addNode: "Добавить узел",
    insert: "Вставить между узлами",
    keys: "↑↓ выбор · Enter добавить · Esc закрыть",
    Triggers: "Триггеры",
    Web: "Веб",
    Messages: "Сообщения",
    Data: "Данные",
    Logic: "Логика",
  },
};

/** The groups of the built-in node types, in the order of the palette. */
export const GROUPS = ["Triggers", "Web", "Messages", "Data", "Logic"] as const;

export function isGroupKey(group: string): group is (typeof GROUPS)[number] {
  return GROUPS.some((known) => known === group);
}
