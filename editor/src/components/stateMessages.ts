/** Words for the states of executions and steps. */
export const stateMessages = {
  en: {
    none: "Not started",
    scheduled: "Scheduled",
    queued: "Queued",
    running: "Running",
    success: "Succeeded",
    failed: "Failed",
    skipped: "Skipped",
    up_for_retry: "Waits to retry",
    upstream_failed: "Not reached",
    cancelled: "Cancelled",
  },
  ru: {
    none: "Не начат",
    scheduled: "Запланирован",
    queued: "В очереди",
    running: "Выполняется",
    success: "Успешно",
    failed: "Ошибка",
    skipped: "Пропущен",
    up_for_retry: "Ждёт повтора",
    upstream_failed: "Не дошло",
    cancelled: "Отменён",
  },
};
