"""The subject of a text that a server sends at the login, by its words.

The words for accounts and their states are those of the translations of Linux-PAM and SSSD.
"""

import re
import unicodedata
from enum import Enum

from cluster_status.domain.ssh.prompt_words import PASSWORD


class About(Enum):
    """What a text is about."""

    ACCOUNT = "account"  # it is locked, expired or not allowed, or its password is
    BOOTING = "booting"
    MAINTENANCE = "maintenance"
    OTHER = "other"


_ACCOUNT_WORDS = (
    r"account\b|your (?:access|allocation|membership|project|user ?id)\b|ihr zugang|votre accès"
    r"|su acceso|ваш доступ|konto|kontot|compte|cuenta|conta\b|contul|účet|účt|käyttäjätili"
    r"|felhasználói azonosító|akun\b|hesab|hesap|уч[её]тн\w+ запис|обліков\w+ запис|акаунт"
    r"|тіркелгі|налог|חשבון|حساب|帳戶|帳號|帐户|账户|账号|アカウント|계정|tài khoản"
)
_BLOCKED_WORDS = (
    r"locked|expired|disabled|suspended|deactivated|blocked|revoked|inactive|terminated"
    r"|not (been )?(active|activated|allowed|authori[sz]ed|permitted|valid)"
    r"|widerrufen|révoqué|revocad|отозван"
    r"|no longer (active|valid)|abgelaufen|gesperrt|deaktiviert|expiré|verrouillé|désactivé"
    r"|caducad|expirad|expirou|bloquead|bloqueja|ha vençut|scadut|bloccat|wygasł|zablokowan"
    r"|vypršel|vypršal|uzamčen|uzamknut|skončila|förfallit|gått ut|låst|utløpt|utgått|udløbet"
    r"|vanhentunut|lukittu|lejárt|expirat|blocat|verlopen|vergrendeld|berakhir|kilitlen|süresi dol"
    r"|zaman\u0131 dol|заблокирован|ист[её]к|заблоковано|вичерпано|застарів|заключен|изтекъл|остаряла"
    r"|бұғатталды|аяқталған|истекао|ננעל|פג|انتهت|过期|過期|失效|逾期|锁定|鎖定|ロック"
    r"|期限|잠김|만료|hết hiệu lực"
)
_PASSWORD_WORDS = "|".join(["hesl", "jelsz", *(re.escape(word.strip("*.")) for word in PASSWORD)])
_SAME_SENTENCE = r"[^.!;\n。]*"
_BLOCKED_ACCOUNT = (
    rf"(?:{_ACCOUNT_WORDS}){_SAME_SENTENCE}(?:{_BLOCKED_WORDS})"
    rf"|(?:{_BLOCKED_WORDS}){_SAME_SENTENCE}(?:{_ACCOUNT_WORDS})"
    r"|password (?:has |is )?expired|(?:change|reset|renew) your password"
    r"|account (?:is|was|has been) (?:archived|closed|deleted|removed)"
    r"|\buser \S+ (?:is )?not allowed|too many (?:authentication )?fail|too many logins"
    r"|authentication fail|login incorrect"
)
_WARNING = r"will expire|warning:"
_NUMBER = r"\d"  # of days that are left
_DENIED = (
    r"denied|not (?:allowed|permitted|authori[sz]ed)|unauthori[sz]ed|no access|may not|verweigert"
    r"|not have access|no longer have access|user (?:is )?(?:not known|unknown)|unknown user|no such user"
    r"|gesperrt|refusée|denegad|negad[ao]|permesso negato|zamítnut|odmietnut|geweigerd|nektet"
    r"|nægtet|avvist|odmowa|brak dostępu|запрещ|заборонено|отказано|izin ditolak|reddedildi"
    r"|megtagadva|refuzat|拒绝|拒否|被拒|거부|denegat|nekad|nekta|ei käyttöoikeutta|izin verilmedi"
    r"|keelatud|odbijen|одбијен|נדחתה|مرفوض|không có đủ quyền|not available"
)
_BOOTING = r"\b(?:booting|boots up|starting up)\b"
_MAINTENANCE = (
    r"maint[aei]+n[ae]nce|nologin|going down|shut(?:ting)? ?down|upgrad|outage|reboot|downtime|power cut"
    r"|service window"
    r"|log-?ins? (?:is|are|have been) (?:currently |temporarily )?(?:disabled|closed|suspended|blocked|not)"
    r"|closed for|is closed|temporarily|wartung|mantenimiento|manuten|manutenzione|onderhoud"
    r"|konserwacj|prace techniczne|údržb|underhåll|vedlikehold|vedligehold|huolto|karbantart"
    r"|mentenanț|bak\u0131m|обслуживан|профилакти|технические работы|обслуговуван|технічні|поддръжк|维护"
    r"|維護|メンテナンス|保守|점검|bảo trì|תחזוקה|صيانة"
)


def about(text: str) -> About:
    """Return what a text is about. One that denies access for maintenance is not about the account."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if re.search(_BLOCKED_ACCOUNT, plain) and not re.search(_WARNING, plain):
        return About.ACCOUNT
    if re.search(_BOOTING, plain):
        return About.BOOTING
    if re.search(_MAINTENANCE, plain):
        return About.MAINTENANCE
    needs_password_change = re.search(_PASSWORD_WORDS, plain) and not re.search(_NUMBER, plain)
    if re.search(_DENIED, plain) or needs_password_change:
        return About.ACCOUNT
    return About.OTHER
