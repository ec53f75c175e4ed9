/** Words for what starts executions. */
export const triggerMessages = {
  en: {
    "trigger.manual": "By hand",
    "trigger.webhook": "Webhook",
    "trigger.email": "Email",
    "trigger.cron": "Schedule",
    "trigger.workflow": "Another workflow",
    "trigger.form": "Form",
    "trigger.asset": "Asset",
  },
  ru: {
    "trigger.manual": "Вручную",
    "trigger.webhook": "Вебхук",
    "trigger.email": "Почта",
    "trigger.cron": "Расписание",
    "trigger.workflow": "Другой процесс",
    "trigger.form": "Форма",
    "trigger.asset": "Ассет",
  },
};
