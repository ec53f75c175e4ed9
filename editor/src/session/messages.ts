export const sessionMessages = {
  en: {
    sessionLoading: "Checking what you may do…",
    sessionFailed: "What you may do could not be read from the server.",
    read: "{user} may not see workflows. Ask an administrator of this Airflow.",
    edit: "{user} may look at workflows but not change them. Ask an administrator for the right to edit Dags.",
    publish: "{user} may not publish workflows. Ask an administrator for the right to edit Dags.",
    run: "{user} may not start executions. Ask an administrator for the right to trigger Dags.",
    answer: "{user} may not answer approvals. Ask an administrator for the right to edit required actions.",
    operate: "{user} may not hold or release work. Ask an administrator for the right to operate.",
    delete: "{user} may not delete workflows. Ask an administrator for the right to delete Dags.",
  },
  ru: {
    sessionLoading: "Проверяем ваши права…",
    sessionFailed: "Не удалось узнать у сервера, что вам разрешено.",
    read: "Пользователю {user} не разрешено видеть рабочие процессы. Обратитесь к администратору Airflow.",
    edit: "Пользователь {user} может смотреть, но не изменять. Попросите у администратора право изменять Dag.",
    publish: "Пользователю {user} не разрешено публиковать. Попросите у администратора право изменять Dag.",
    run: "Пользователю {user} не разрешено запускать. Попросите у администратора право запускать Dag.",
    answer: "Пользователю {user} не разрешено отвечать на вопросы. Попросите у администратора право на Required Actions.",
    operate: "Пользователю {user} не разрешено останавливать и отпускать работу. Попросите у администратора право управлять.",
    delete: "Пользователю {user} не разрешено удалять. Попросите у администратора право удалять Dag.",
  },
};
