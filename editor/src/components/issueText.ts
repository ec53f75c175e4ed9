/**
 * Messages name the node, and often the field, for logs and other programs; beside both that says nothing new.
 *
 * `Node "Save order": "SQL": It is empty.` -> `It is empty.`
 */
export function withoutPlace(message: string): string {
  const short = message.replace(/^Node "(?:[^"\\]|\\.)*"(?:, [\w.]+)?: (?:"[^"]*": )?/, "");
  return short.charAt(0).toUpperCase() + short.slice(1);
}

/**
 * What an issue says to a reader who sees its node and field already.
 *
 * The server speaks English. In Russian the kind of mistake and what to do are told by the issue's code; facts that
 * only the message knows (a position, a name that is near) follow in its own words.
 */
export function issueText(issue: { code: string; message: string }, locale: string): string {
  const message = withoutPlace(issue.message);
  if (!locale.startsWith("ru")) return message;
  const whole = RUSSIAN[issue.code];
  if (whole) return whole;
  const beginning = RUSSIAN_WITH_FACTS[issue.code];
  return beginning ? `${beginning} (${message})` : message;
}

const RUSSIAN: Record<string, string | undefined> = {
  "no-trigger": "Процесс ничем не запускается. Добавьте триггер: ручной, вебхук или расписание.",
  "webhook-conflict": "У двух вебхуков или форм один путь и общий метод, поэтому запросы не различить. Задайте другой путь или другие методы.",
  "bad-moment": "Это не дата и не время. Пример: 2026-03-01 или 2026-03-01T09:00.",
  "end-before-start": "Расписание кончается раньше, чем начинается. Исправьте одну из дат.",
  "trigger-with-input": "В триггер ведёт связь, а он сам запускает процесс. Удалите связь.",
  "unreachable-node": "В узел ничего не ведёт, поэтому он никогда не выполнится. Соедините его с другим шагом или удалите.",
  "duplicate-node": "Id узла повторяется. Задайте другой.",
  "duplicate-edge": "Эта связь уже есть. Удалите лишнюю.",
  "missing-parameter": "Поле не заполнено. Укажите значение.",
  "missing-connection": "Подключение не выбрано. Выберите его или создайте в Airflow.",
  "expression-not-allowed": "Здесь нельзя использовать выражение. Впишите само значение.",
  "expression-in-sql": "Выражение стоит там, где в SQL не может быть значения: внутри кавычек или на месте имени. Уберите кавычки или напишите само имя.",
  "sql-transaction": "Все запросы шага и так выполняются одной транзакцией. Уберите эту команду.",
  "control-character": "В заголовке есть перевод строки или другой управляющий знак. Удалите его.",
  "body-without-effect": "У запроса GET или HEAD есть тело, которое серверы обычно не читают. Выберите POST или уберите тело.",
  "relative-url": "В адресе нет https://, и подключение не задаёт начало адреса. Напишите адрес целиком или выберите подключение.",
  "no-fields": "Не задано ни одного поля, поэтому результат будет пустым. Добавьте поле.",
  "webhook-without-token": "Запустить процесс сможет любой, кто знает адрес. Если это не нужно, включите токен.",
  "webhook-unsigned-content": "Подпись не покрывает тело или время, и их можно подменить. Добавьте {body}, а при заголовке времени — {timestamp}.",
  "webhook-handshake-authentication": "Это подтверждение адреса относится к другой проверке отправителя. Выберите в обоих полях одного отправителя; для Zoom — подпись HMAC.",
  "ambiguous-input": "В узел ведут несколько шагов. Укажите, чей результат взять на вход.",
  "note-with-edge": "Связь идёт к заметке, а заметки только рисуются. Удалите связь.",
  "loop-without-body": "К порту item ничего не подключено, поэтому с элементами ничего не делается. Подключите к нему первый шаг цикла.",
  "edge-into-loop": "Связь ведёт внутрь цикла снаружи. Ведите её в сам узел цикла или удалите.",
  "nested-loop": "Цикл внутри цикла нельзя. Вынесите внутренний в отдельный процесс и запускайте его.",
  "not-in-loop": "Этот шаг нельзя выполнять внутри цикла. Вынесите его после порта done.",
  "no-recipient": "Не указан ни один получатель. Добавьте адрес.",
  "empty-message": "Сообщение пустое. Напишите текст или приложите файл.",
  "empty-subject": "Тема письма пуста. Заполните её.",
  "missing-file": "Не указано, какой файл приложить. Выберите файл шага или адрес.",
  "no-operations": "Не задано ни одной операции, поэтому вход передаётся как есть. Добавьте операцию.",
  "missing-condition": "Нет ни одного условия. Добавьте условие.",
  "missing-dedup-key": "Не задано выражение, по которому распознаются повторы. Напишите его, например {{ trigger.body.id }}.",
  "connection-not-found": "Такого подключения в Airflow нет, поэтому никто не сможет обратиться. Создайте его или выберите другое.",
  "workflow-waits-for-itself": "Процесс ждёт запуска самого себя, а одновременно разрешён только один. Разрешите больше в настройках.",
  "too-many-nodes": "В процессе слишком много узлов. Разделите его на несколько.",
  "too-many-edges": "В процессе слишком много связей. Разделите его на несколько.",
};

const RUSSIAN_WITH_FACTS: Record<string, string | undefined> = {
  "graph-shape": "Часть документа пропущена или записана неверно.",
  "unknown-format": "Формат документа неизвестен.",
  "bad-timezone": "Такого часового пояса нет.",
  "bad-redaction-rule": "Правило скрытия записано неверно. Например: $.trigger.body.card.number или $..password.",
  "redaction-step-missing": "Правило скрытия называет шаг, которого в процессе нет.",
  "unknown-node": "Связь ведёт к узлу, которого нет.",
  "unknown-port": "У узла нет такого выхода.",
  cycle: "Шаги ведут по кругу. Удалите одну из связей.",
  "unknown-node-type": "Такой тип узла не установлен.",
  "unknown-node-type-version": "Эта версия типа узла не установлена.",
  "unknown-parameter": "У узла нет такого поля.",
  "wrong-parameter": "Значение не подходит.",
  "bad-cron": "Расписание записано неверно.",
  "bad-jq": "Ошибка в программе jq.",
  "sql-syntax": "Запрос SQL записан неверно.",
  "expression-syntax": "Выражение записано неверно.",
  "expression-value": "Выражение не удалось вычислить.",
  "expression-limit": "Выражение слишком сложное.",
  "expression-error": "Выражение использовать нельзя.",
  "unknown-name": "В выражении неизвестное имя.",
  "unknown-step": "Выражение ссылается на шаг, которого нет.",
  "step-not-before": "Выражение ссылается на шаг, который не выполняется раньше.",
  "bad-pattern": "Регулярное выражение записано неверно.",
  "bad-json-schema": "JSON Schema составлена неверно.",
  "bad-chat": "Это не чат Telegram: нужен номер или @имя.",
  "bad-address": "Это не почтовый адрес.",
  "waiting-in-batch": "Шаг, который ждёт, берёт элементы по одному, а не пачкой.",
  "step-in-loop": "Выражение ссылается на шаг внутри цикла, а снаружи виден только итог цикла.",
  "workflow-not-found": "Такого процесса нет.",
  "workflow-not-published": "Этот процесс не опубликован и не запустится. Опубликуйте его.",
  "workflow-paused": "Этот процесс приостановлен в Airflow. Включите его Dag.",
  "body-limit": "Столько эта установка не принимает. Уменьшите наибольшее тело или поднимите общий предел.",
  "unknown-variable": "Выражение ссылается на переменную, которой нет в настройках процесса.",
};
