export const componentMessages = {
  en: {
    close: "Close",
    more: "More",
    notifications: "Notifications",
    dismiss: "Dismiss",
    copy: "Copy",
    copied: "Copied",
  },
  ru: {
    close: "Закрыть",
    more: "Ещё",
    notifications: "Уведомления",
    dismiss: "Скрыть",
    copy: "Копировать",
    copied: "Скопировано",
  },
};
