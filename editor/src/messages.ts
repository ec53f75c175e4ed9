export const appMessages = {
  en: {
    loading: "Loading…",
    unknownPage: "There is no such page",
    toList: "To the workflows",
    broken: "The editor ran into a fault of its own",
    brokenText: "Your draft is kept. Try again; if it comes back, tell those who run this Airflow.",
    retry: "Try again",
  },
  ru: {
    loading: "Загрузка…",
    unknownPage: "Такой страницы нет",
    toList: "К рабочим процессам",
    broken: "В редакторе произошла ошибка",
    brokenText: "Черновик сохранён. Попробуйте ещё раз; если повторится, сообщите администраторам Airflow.",
    retry: "Повторить",
  },
};
