"""What a form page says by itself, in English and Russian."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowforge_provider.nodes.payload.messages import Language

__all__ = ["WORDS"]

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "send": "Send",
        "required": "required",
        "required_note": "Fields marked * are required.",
        "faults": "The form was not sent. Please look at the fields below.",
        "file_again": "Choose files again: browsers do not keep them.",
        "choose": "Choose…",
        "yes": "Yes",
        "timezone": "Time zone: {timezone}",
        "json_help": "JSON.",
        "sent_title": "Thank you",
        "sent": "Your answer has arrived.",
        "sent_before": "This form had arrived already and was not sent a second time.",
        "another": "Fill in the form again",
        "back": "Back to the form",
        "leave_empty": "Leave this field empty",
        "404": "There is no form here",
        "404_text": "The address is wrong, or the form is no longer open.",
        "401": "This form is not for everybody",
        "401_text": "Sign in with the user name and the password that you were given.",
        "403": "This form was sent from another site",
        "403_text": "Open the form itself, and send it from there.",
        "408": "That took too long",
        "408_text": "The form did not arrive in time. Send it again.",
        "413": "That is too large",
        "413_text": "Send smaller or fewer files.",
        "429": "Too many forms",
        "429_text": "Please wait {seconds} seconds and send the form again.",
        "400": "The form could not be read",
        "400_text": "Open it anew and send it again.",
        "503": "The form cannot be taken at present",
        "503_text": "Nothing was sent. Please try again in a moment.",
    },
    "ru": {
        "send": "Отправить",
        "required": "обязательно",
        "required_note": "Поля со звёздочкой * обязательны.",
        "faults": "Форма не отправлена. Проверьте поля ниже.",
        "file_again": "Выберите файлы ещё раз: браузер их не хранит.",
        "choose": "Выберите…",
        "yes": "Да",
        "timezone": "Часовой пояс: {timezone}",
        "json_help": "JSON.",
        "sent_title": "Спасибо",
        "sent": "Ваш ответ получен.",
        "sent_before": "Эта форма уже была получена, второй раз она не отправлена.",
        "another": "Заполнить форму ещё раз",
        "back": "Вернуться к форме",
        "leave_empty": "Оставьте это поле пустым",
        "404": "Здесь нет формы",
        "404_text": "Адрес неверен, или форма больше не принимает ответы.",
        "401": "Эта форма не для всех",
        "401_text": "Войдите с именем и паролем, которые вам дали.",
        "403": "Форма отправлена с другого сайта",
        "403_text": "Откройте саму форму и отправьте её оттуда.",
        "408": "Слишком долго",
        "408_text": "Форма не успела прийти. Отправьте её ещё раз.",
        "413": "Слишком много данных",
        "413_text": "Отправьте файлы поменьше или меньше файлов.",
        "429": "Слишком много отправок",
        "429_text": "Подождите {seconds} с и отправьте форму ещё раз.",
        "400": "Форму не удалось прочитать",
        "400_text": "Откройте её заново и отправьте ещё раз.",
        "503": "Форма сейчас не принимается",
        "503_text": "Ничего не отправлено. Попробуйте немного позже.",
    },
}
