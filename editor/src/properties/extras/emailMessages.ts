export const emailMessages = {
  en: {
    address: "Address for Resend",
    addressHelp: "In Resend, add a webhook with this address for the event email.received. Works as soon as the workflow is published.",
    starting: "Connecting to the mailbox",
    watching: "The mailbox is watched",
    failed: "The mailbox cannot be read",
    waiting: "Nobody watches the mailbox at present",
    atOnce: "New messages count at once.",
    atIntervals: "Its server is asked at intervals.",
  },
  ru: {
    address: "Адрес для Resend",
    addressHelp: "В Resend добавьте вебхук с этим адресом для события email.received. Работает, как только процесс опубликован.",
    starting: "Подключение к ящику",
    watching: "За ящиком идёт наблюдение",
    failed: "Ящик не читается",
    waiting: "Сейчас за ящиком никто не следит",
    atOnce: "Новые письма учитываются сразу.",
    atIntervals: "Сервер опрашивается через промежутки времени.",
  },
};
