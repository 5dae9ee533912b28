"""Which prompts of a login get the password. None for a code or a new password does."""
# ruff: noqa: RUF001 - in other scripts

import pytest

from cluster_status.domain.ssh.prompt import Asked, asked_by

GETS_PASSWORD = {
    "English": (
        "Password: ",
        "Password:",
        "password",
        "PASSWORD: ",
        "Enter your NetID passphrase:",
        "jdoe's password: ",
        "Password for jdoe@uni.example.org: ",
        "(jdoe@login.uni.example.org) Password: ",
        "LDAP Password: ",
        "Enter Kerberos password for user jdoe: ",
        "UNIX password: ",
        "First Factor: ",
        "Welcome to the cluster.\nPassword: ",
    ),
    "German": ("Passwort: ", "Kennwort: ", "Erster Faktor (Passwort): "),
    "French": ("Mot de passe : ", "Mot de passe\u00a0: ", "Premier facteur\u00a0: "),
    "Spanish": ("Contraseña: ", "Primer Factor: ", "Introduzca su contraseña: "),
    "Portuguese": ("Senha: ", "Palavra-passe: "),
    "Russian": ("Пароль: ", "Первый фактор: "),
    "other languages": (
        "Heslo: ",
        "Hasło: ",
        "Parola: ",
        "Lösenord: ",
        "Adgangskode: ",
        "Salasana: ",
        "Wachtwoord: ",
        "Jelszó: ",
        "Şifrə: ",
        "密码： ",
        "请输入口令: ",
        "パスワード: ",
        "암호: ",
        "كلمة السر: ",
        "ססמה: ",
        "पासवर्ड: ",
        "Contrasena: ",
    ),
}
GETS_NOTHING = (
    "Second Factor (optional): ",
    "Zweiter Faktor (optional): ",
    "Deuxième facteur (facultatif) : ",
    "Segundo Factor (opcional): ",
    "Второй фактор (необязательно): ",
    "第二因素（可选）： ",
    "第二因素（选填）： ",
    "第二要素（任意）: ",
    "Deuxième facteur (optionnel) : ",
    "Второй фактор (опционально): ",
    "OTP, if any: ",
    "OTP (press Enter to skip): ",
    "Código (dejar en blanco): ",
    "Verification code (leave empty if you have none): ",
)
ASKS_FOR_CODE = {
    "English": (
        "Verification code: ",
        "Password + Token value: ",
        "Password & verification code: ",
        "One-time password: ",
        "One time password (OATH) for jdoe: ",
        "Enter PASSCODE: ",
        "Enter your temporary password: ",
        "Enter the dynamic password: ",
        "Password and PIN: ",
        "Enter your PIN: ",
        "Duo passcode or password: ",
        "Duo two-factor login for jdoe\n\nPasscode or option (1-3): ",
        "Enter your password and the 6 digits shown: ",
        "Password (SMS): ",
        "RSA SecurID password: ",
        "Enter your YubiKey password: ",
        "Google Authenticator password: ",
        "Second Factor: ",
        "Second factor password: ",
        "Password (2FA): ",
        "Response to challenge 4711, password: ",
        "Recovery password: ",
        "Token (not optional): ",
        "Code (optional, required for admins): ",
        "Password 2: ",
        "Next password: ",
        "Random password: ",
        "Password sent to your inbox: ",
        "Ephemeral password: ",
    ),
    "German": (
        "Passwort 2: ",
        "Passwort vom Handy: ",
        "Fingerabdruck oder Passwort: ",
        "Notfallpasswort: ",
        "Einmalpasswort: ",
        "Passwort und Code: ",
        "Zweiter Faktor (OTP Token): ",
        "Sicherheitscode: ",
        "Token (nicht optional): ",
    ),
    "French": (
        "Mot de passe à usage unique : ",
        "Code de vérification : ",
        "Mot de passe temporaire : ",
        "Mot de passe reçu par téléphone : ",
        "Mot de passe de secours : ",
    ),
    "Spanish": (
        "Contraseña de un solo uso: ",
        "Código de verificación: ",
        "Segundo Factor: ",
        "Contraseña única: ",
        "Contraseña enviada por correo: ",
        "Contraseña de recuperación: ",
    ),
    "Portuguese": ("Senha temporária: ", "Código e senha: ", "Senha de uso único: "),
    "Russian": (
        "Одноразовый пароль: ",
        "Код подтверждения и пароль: ",
        "Второй фактор: ",
        "Пароль из СМС: ",
        "Пароль, отправленный на почту: ",
        "Резервный пароль: ",
    ),
    "other languages": (
        "Jednorazowe hasło: ",
        "Engångslösenord: ",
        "Engangskode: ",
        "动态密码: ",
        "一次性密码: ",
        "手机密码: ",
        "邮箱密码: ",
        "备用密码: ",
        "ワンタイムパスワード: ",
        "使い捨てパスワード: ",
        "仮パスワード: ",
        "第２パスワード: ",
        "メールで送信されたパスワード: ",
        "임시 암호: ",
        "Tek kullanımlık parola: ",
    ),
}
ASKS_FOR_NEW_PASSWORD = {
    "English": (
        "New password: ",
        "Current password: ",
        "(current) UNIX password: ",
        "Old Password: ",
        "Retype new password: ",
        "Reenter new Password: ",
        "Password again: ",
        "Confirm your password: ",
        "Password expired. Change your password now.\nCurrent Password: ",
        "First Factor (Current Password): ",
        "New password (optional): ",
        "Enter existing login password: ",
        "Previous password: ",
        "Initial password: ",
        "Pick a password: ",
    ),
    "German": (
        "Neues Passwort: ",
        "Aktuelles Passwort: ",
        "Geben Sie das neue Passwort erneut ein: ",
        "Bisheriges Passwort: ",
        "Wählen Sie ein Passwort: ",
        "Passwort festlegen: ",
    ),
    "French": (
        "Nouveau mot de passe : ",
        "Mot de passe actuel : ",
        "Retapez le mot de passe : ",
        "Ressaisissez le mot de passe : ",
        "Choisissez un mot de passe : ",
    ),
    "Spanish": (
        "Nueva contraseña: ",
        "Contraseña actual: ",
        "Vuelva a escribir la contraseña: ",
        "Contraseña antigua: ",
        "Elija una contraseña: ",
    ),
    "Portuguese": ("Nova senha: ", "Senha atual: ", "Digite novamente a palavra-passe: "),
    "Russian": (
        "Новый пароль: ",
        "Текущий пароль: ",
        "Повторите ввод пароля: ",
        "Подтвердите пароль: ",
        "Предыдущий пароль: ",
        "Придумайте пароль: ",
    ),
    "other languages": (
        "新密码： ",
        "原密码: ",
        "修改密码: ",
        "设置密码: ",
        "現在のパスワード: ",
        "以前のパスワード: ",
        "初期パスワード: ",
        "パスワードをもう一度入力してください: ",
        "パスワードを設定してください: ",
        "새 암호 다시 입력: ",
        "Nowe hasło: ",
        "Nytt lösenord: ",
    ),
}
ASKS_FOR_SOMETHING_ELSE = (
    "",
    ": ",
    "> ",
    "login: ",
    "Yes or no? ",
    "Do you accept the terms? ",
    "[sudo] password for jdoe: ",
    "root's password: ",
    "Database password: ",
    "Datenbankpasswort: ",
    "Contraseña de la base de datos: ",
    "Пароль администратора: ",
    "管理员密码: ",
    "VPN password: ",
    "Enter passphrase for key '/home/jdoe/.ssh/id_rsa': ",
    "Password for your GitHub account: ",
    "Password for otp@code.example: ",
    "(jroe@login.uni.example.org) Password: ",
    "jroe's password: ",
    "Password for jroe: ",
    "Enter Kerberos password for user 'jroe': ",
    "Select an option for your password: ",
)


def in_all(by_language: dict[str, tuple[str, ...]]) -> list[str]:
    return [prompt for prompts in by_language.values() for prompt in prompts]


@pytest.mark.parametrize("prompt", in_all(GETS_PASSWORD))
def test_a_prompt_for_the_password_gets_it(prompt: str) -> None:
    assert asked_by(prompt, user="jdoe") is Asked.PASSWORD


@pytest.mark.parametrize("prompt", GETS_NOTHING)
def test_a_prompt_for_an_optional_factor_gets_nothing(prompt: str) -> None:
    assert asked_by(prompt, user="jdoe") is Asked.NOTHING


@pytest.mark.parametrize("prompt", in_all(ASKS_FOR_CODE))
def test_a_prompt_for_a_code_does_not_get_the_password(prompt: str) -> None:
    assert asked_by(prompt, user="jdoe") is Asked.SECOND_FACTOR


@pytest.mark.parametrize("prompt", in_all(ASKS_FOR_NEW_PASSWORD))
def test_a_prompt_for_a_new_password_does_not_get_the_password(prompt: str) -> None:
    assert asked_by(prompt, user="jdoe") is Asked.NEW_PASSWORD


@pytest.mark.parametrize("prompt", ASKS_FOR_SOMETHING_ELSE)
def test_any_other_prompt_does_not_get_the_password(prompt: str) -> None:
    assert asked_by(prompt, user="jdoe") is Asked.OTHER


def test_the_tables_have_sixty_prompts_in_six_languages_each_once() -> None:
    tables = (GETS_PASSWORD, ASKS_FOR_CODE, ASKS_FOR_NEW_PASSWORD)
    prompts = [prompt for table in tables for prompt in in_all(table)]
    prompts += [*GETS_NOTHING, *ASKS_FOR_SOMETHING_ELSE]
    assert len(set(prompts)) == len(prompts) >= 60
    assert all(len(table) >= 6 for table in tables)


@pytest.mark.parametrize(
    ("context", "asked"),
    [
        ("Welcome", Asked.PASSWORD),
        ("This is a multi-user system", Asked.PASSWORD),
        ("Previous login: Monday. Logs are sent to the next office.", Asked.PASSWORD),
        ("Multi-factor authentication", Asked.SECOND_FACTOR),
        ("Enter the code from your phone", Asked.SECOND_FACTOR),
        ("Your password has expired", Asked.NEW_PASSWORD),
    ],
)
def test_the_instruction_that_is_shown_with_a_prompt_counts(context: str, asked: Asked) -> None:
    assert asked_by("Password: ", context=context) is asked


@pytest.mark.parametrize(
    "prompt",
    ["jdoe@login1's password: ", "jdoe@10.0.0.1's password: ", "Password for login: ", "Password for HPC: "],
)
def test_a_host_or_a_service_in_a_prompt_is_no_other_account(prompt: str) -> None:
    assert asked_by(prompt, user="jdoe") is Asked.PASSWORD


def test_an_organization_in_a_prompt_is_no_other_account() -> None:
    assert asked_by("Enter your university's password: ", user="jdoe") is Asked.PASSWORD


@pytest.mark.parametrize("user", ["jdoe@uni.example.org", "UNI\\jdoe", "JDoe"])
@pytest.mark.parametrize("prompt", ["jdoe's password: ", "Password for jdoe: ", "(jdoe@login1) Password: "])
def test_the_account_can_be_named_without_its_realm(user: str, prompt: str) -> None:
    assert asked_by(prompt, user=user) is Asked.PASSWORD


@pytest.mark.parametrize("user", ["code", "root", "new", "pin", "j.doe+x"])
@pytest.mark.parametrize("prompt", ["{}'s password: ", "Password for {}: ", "({}) Password: "])
def test_the_name_of_the_account_is_not_part_of_the_question(user: str, prompt: str) -> None:
    assert asked_by(prompt.format(user), user=user) is Asked.PASSWORD


def test_a_word_of_the_question_counts_although_the_account_has_that_name() -> None:
    assert asked_by("New password: ", user="new") is Asked.NEW_PASSWORD
    assert asked_by("Code or password: ", user="code") is Asked.SECOND_FACTOR
