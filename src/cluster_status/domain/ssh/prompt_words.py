"""Words of login prompts, by meaning, in the languages of Linux-PAM and SSSD.

Source: the translations of both projects (msgids "Password: ", "New password: ", "Current password: ",
"Retype new password: ", "First Factor: ", "Second Factor (optional): "), and the prompts of products for
second factors. An entry matches the beginning of a word, so that inflected forms match. With a full stop at
its end, it matches a whole word. After an asterisk, and in scripts without blanks, it matches anywhere.
"""


def _words(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(word.split()) for text in texts for word in text.split(",")))


PASSWORD = _words(
    """
    password, passwd, passphrase, pass phrase, first factor, adgangskode, aðgangsorð, contrasenya,
    contraseña, contrasigno, focal faire, hasło, heslo, iphasiwedi, jelszó, kata sandi, kennwort,
    lozinka, lozinku, lösenord, mot de passe, mật khẩu, palavra-passe, parol., parola, parolă, parool,
    pasahitza, passord, passwort, pasvorto, phrase de passe, salasana, sandi, senha, wachtwoord,
    şifre, şifrə, лозинка, парол, ססמה, סיסמה, كلمة السر, كلمة المرور, गुप्तशब्द, पासवर्ड, शब्दकूट,
    গুপ্তশব্দ, পাসওয়ার্ড, ਪਾਸਵਰਡ, પાસવર્ડ, ପ୍ରବେଶ ସଙ୍କେତ, கடவுச்சொல், సంకేతపదము, ಗುಪ್ತಪದ,
    അടയാളവാക്ക്, රහස්පදය, ពាក្យសម្ងាត់, პაროლი, パスワード, 密码, 密碼, 口令, 비밀번호, 암호
    """,
    # the first of two factors, which is the password
    """
    birinci etken, erster faktor, första faktorn, hlavní faktor, pierwszy czynnik, premier facteur,
    primeiro fator, primer factor, primo fattore, первый фактор, перший фактор,
    1 番目の要素, 第一因素, 첫 번째 요인
    """,
)

NEW_PASSWORD = _words(
    """
    new, current, old., change, changing, again, retype, re-type, reenter, re-enter, repeat, confirm,
    verify, expired, choose a, create, set a, set your, set pass, pick a, desired pass, existing pass,
    existing login pass, previous pass, former pass, original pass, initial pass, update your, update pass,
    once more, same pass, twice
    """,
    # new
    """
    baru, berria, entsha, jauns, mới, neu, nieuw, nou., nouă, nouv, nov, nowe, nua., nuev, nuov, ny.,
    nya., nye., nytt, uus, uut, yeni, új, жаңа, нав., нов, ახალ, חדש, جديد, नया, नवीन, নতুন, ਨਵਾਂ,
    નવો, ନୂତନ, புதிய, కొత్త, ಹೊಸ, പുതിയ, නව, ថ្មី, 新, 새, 신규
    """,
    # current, old
    """
    actual, actuel, aktual, aktuel, aktuáln, alte., altes., ancien, anterior, atual, attual, bieżąc,
    cari., corrent, curent, derzeit, eski, gammel, gammal, geçerli, huidig, jelenlegi, mevcut,
    nastoyashta, noverand, nuvarand, nuværend, nykyi, nåværend, obecn, oud., oude., precedent, saat
    ini, současn, stará, staré, stare., stávaj, uneko, vanha, vecchi, ағымдағы, поточн, стар, текущ,
    נוכחי, ਮੌਜੂਦਾ, ସାମ୍ପ୍ରତିକ, 当前, 目前, 現在, 旧, 舊, 古い, 현재, 이전, 기존
    """,
    # again, change
    """
    bekreft, bekräft, berriz, bestätig, cambi, digite novamente, erneut, gjenta, genindtast, herhal,
    igen., ismét, kinnita, lagi, lại, mégegyszer, modifi, mudar, nogmaals, opak, ponov, ponow,
    redigit, reimm, reingres, repet, repit, ripet, rescrie, retajp, retap, retyp, stadfest, tekrar,
    thayipha, torneu, uudelleen, vuelva, wiederhol, wijzig, zmien, zmian, změn, zopak, ändern, endre,
    değiş, alter, abgelaufen, ещё раз, еще раз, ще раз, измен, отново, повтор, поново, смен,
    қайта, გაიმეორეთ, שוב, أعد, फिर, पुन, পুন, ਮੁੜ, ફરી, ପୁନ, மீண்டும், పునః, ಪುನ, വീണ്ടും, නැවත,
    ឡើងវិញ, 再, 重新, 重复, 重複, 確認, 确认, 更改, 变更, 變更, 変更, 다시, 재입력, 변경
    """,
    # the same in other products: current, again, choose, set, initial
    """
    antig, bisherig, ehemalig, viej, vorherig, прежн, предыдущ, 以前, 原密, 原口令, 原始,
    nochmal, resaisi, ressaisi, подтвердите, подтверждение парол, もう一度, 修改, 两次, 兩次,
    choisi, elij, escolh, scegli, wähl, выбер, придум, 決めて,
    défini, definir, defina, establezca, festleg, festzuleg, imposta, vergeben sie, задай, зада., установите,
    设置, 設置, 設定, 설정, inicial, iniziale, начальн, первоначальн, 初期, 初始, 초기
    """,
)

SECOND_FACTOR = _words(
    """
    *code, *otp, oath, digit, one-time, one time, onetime, single-use, *token,
    temp., dynamic, pin., pins., tan., puk., nip., factor 2, factor two, second, 2nd, two., two-,
    2-step, multi-f, multif, multi f, 2fa, mfa, u2f, fido, webauthn, passkey, verification, challenge,
    response, captcha, question, answer, secret, hint, recovery, backup, scratch, bypass, emergency, sms,
    text message, phone, mobile, call., push, app., device, e-mail, email, mail, biometric, fingerprint,
    touch, tap., swipe, smart card, smartcard, card., cards., disposable, ephemeral, generated pass,
    next pass, random pass, password received, password sent, single use, time-based, time based,
    password 2, password2, password #2, passwort 2, passwort2
    """,
    # "once" and "code" elsewhere
    """
    once, einmal, zweit, zwei, sicherheits, bestätigungs, usage unique, à usage, unique,
    deuxième, único, unico, un solo uso, monouso, segund, segon, jednoraz, jednokrat, jednoráz,
    engångs, engangs, kerta, egyszer, tek kullan, eenmalig, drug, druh, andra, andre, ikinci, codi,
    codice, código, kod, kood, kód, dinam, dynam, tempor, descart,
    provis, provvis, tijdelijk, tymczas, dočasn, midlertid, tillfällig, tilapäi, ideiglenes, geçici, jeton,
    clé., carte, karte, tarjeta, scheda, втор, друг, однораз, еднократ, код, динам, времен, тимчас,
    токен, пин., пін., 第二, 2 番目, 두 번째, 动态, 動態, 動的, 동적, 临时, 臨時, 一時, 임시, 一次性,
    ワンタイム, 일회용, 验证, 驗證, 認証,
    인증, 令牌, トークン, 토큰, コード, 코드, 代码, 代碼, 暗証, 口令卡, 短信, 簡訊
    """,
    # the device or the way by which a password arrives, and passwords for emergencies
    """
    aléatoire, aleatori, zufall, wechselnd, éphémère, efímer, случайн, 随机, 隨機, 使い捨て, 仮, única.,
    2番目, 第2, suivant, siguiente, próxim, prossim, nächste, следующ,
    appareil, application pass, gerät, handy, mobil, móvil, telemóvel, celular, cellular, telefon, teléfono,
    téléphone, приложен, телефон, устройств, 应用, 應用, 手机, 手機, 携帯, 휴대, 문자, смс,
    correo, courriel, почт, 邮箱, 郵箱, 邮件, 郵件, メール, 이메일,
    empreinte, fingerabdruck, huella, impronta, отпечат, 指纹, 指紋,
    notfall, récupér, recuper, secours, wiederher, восстанов, резерв, 备用, 備用, 回復, 恢复, 恢復, 복구
    """,
    # products
    """
    authenticator, authy, digipass, duo, entrust, gemalto, linotp, okta, onelogin, pingid,
    nitrokey, privacyidea, rsa., safenet, secureauth, securid, symantec, thales, vasco, vip., wikid, yubi
    """,
)

OTHER_SYSTEM = _words(
    """
    choose, select, option., options., menu, admin, aws., azure, bios, bitlocker, boot, certificate,
    database, db., disk, enable, facebook, github, gitlab, globus, google, grid., grub, guest, icloud,
    key., keychain, keyring, keystore, luks, microsoft, mysql, myproxy, oracle, postgres, private,
    proxy, radius, root, schlüssel, sudo, su pass, su:, tacacs, telegram, vault, volume, vpn, wallet,
    whatsapp, wi-fi, wifi, wlan, zertifikat, decrypt, encrypt, base de datos, base de données, base de dados,
    banco de dados, datenbank, админ, базы данн, база данн, データベース, 数据库, 數據庫, 資料庫,
    管理员, 管理員, 管理者, 관리자
    """,
)

OPTIONAL = _words(
    """
    optional, optioneel, opcional, opcjonaln, opzional, facoltativ, facultati, fakultativ, frivillig,
    isteğe bağlı, leave blank, leave empty, leave it blank, leave it empty, nepovinn, valgfri,
    valinnai, volitel, необязательн, необов'язков, опционал, по желание, незадължител, optionnel, if any,
    enter to skip, laisser vide, dejar en blanco, leer lassen, 可选, 可選, 选填, 選填, 任意, 省略可,
    オプション, 선택 사항, 선택사항
    """,  # noqa: RUF001 - Turkish
)

NOT_OPTIONAL = _words(
    """
    not optional, non-optional, nonoptional, no longer optional, no opcional, no es opcional, não opcional,
    não é opcional, nicht optional, non optionnel, pas optionnel, non facultatif, non facoltativ,
    non opzional, niet optioneel, не опционал, mandatory, required, 不可选, 非可选, 必填, 必須
    """
)
