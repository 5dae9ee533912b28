# ruff: noqa: RUF001 - in other scripts
import pytest

from cluster_status.domain.ssh.login_text import About, about

TEXTS = {
    About.ACCOUNT: (
        "Your account has expired; please contact your system administrator.",
        "The account is locked due to 3 failed logins.",
        "Account jdoe is locked.",
        "Your account has been disabled. Contact maintenance@uni.example.org.",
        "This account is currently not available.",
        "User jdoe not allowed because not in any group",
        "Access denied for this user.",
        "Permission denied.",
        "Your access has been suspended. Contact support.",
        "Your project has expired.",
        "Your account has been closed.",
        "You do not have access to this cluster.",
        "User not known to the underlying authentication module",
        "Ihr Zugang wurde widerrufen.",
        "You are not allowed to log in.",
        "Password expired. Change your password now.",
        "You are required to change your password immediately (administrator enforced).",
        "Too many authentication failures",
        "Ihr Konto ist abgelaufen. Wenden Sie sich an den Systemadministrator.",
        "Sie müssen Ihr Passwort sofort ändern (von root erzwungen).",
        "Votre compte a expiré ; veuillez contacter votre administrateur système.",
        "La cuenta está bloqueada debido a 3 inicios de sesión fallidos.",
        "Sua conta expirou; entre em contato com o administrador do sistema.",
        "Учетная запись заблокирована как следствие неудачных попыток входа (всего -- 3).",
        "您的帐户已过期；请联系您的系统管理员。",
        "パスワードの期限が切れました。いますぐパスワードを変更してください。",
    ),
    About.BOOTING: (
        "System is booting up. Unprivileged users are not permitted to log in yet. Please come back later.",
        '"System is booting up. See pam_nologin(8)"',
    ),
    About.MAINTENANCE: (
        "Scheduled maintenance until 17:00 UTC. All logins are disabled.",
        "System is going down. Unprivileged users are not permitted to log in anymore. See pam_nologin(8).",
        "Access denied: the cluster is in maintenance.",
        "All accounts are locked during the maintenance.",
        "Wartung bis 17 Uhr. Zugang gesperrt.",
        "Maintenance jusqu'à 17 h. Accès refusée.",
        "Mantenimiento hasta las 17:00.",
        "Manutenção até as 17h.",
        "Техническое обслуживание до 17:00.",
        "系统维护中",
    ),
    About.OTHER: (
        "Welcome",
        "Until Monday",
        "Corrupted MAC on input.",
        "no reason given",
        "Warning: your password will expire in 3 days.",
        "Warnung: Ihr Passwort läuft in 3 Tagen ab.",
        "",
    ),
}


@pytest.mark.parametrize(
    ("text", "subject"), [(text, subject) for subject, texts in TEXTS.items() for text in texts]
)
def test_a_text_is_about_the_account_or_the_server(text: str, subject: About) -> None:
    assert about(text) is subject
