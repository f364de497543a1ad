"""The composition root: one Env in, Django's settings out. No other module reads the environment."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

import environ

from backend.env import BadEnv, read_env
from backend.web.demonstration import roles
from chat.protocol import limits
from chat.rules import hours

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = read_env(os.environ)
DEMO = ENV.demo
PRODUCTION = ENV.production
DATA_DIR = Path(ENV.data_dir) if ENV.data_dir else BASE_DIR / "var"


def _kept_secret() -> str:
    """Outside production: a key of this machine's own, made once, so that sign-ins survive restarts."""
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    path = DATA_DIR / "secret-key"
    if not path.exists():
        draft = DATA_DIR / f"secret-key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        # Of several processes that start at once, the first to link wins; all read the same key.
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


SECRET_KEY = ENV.secret_key or _kept_secret()
DEBUG = False
ALLOWED_HOSTS = list(ENV.hosts) if PRODUCTION else ["127.0.0.1", "localhost", "[::1]"]
if DEMO:
    # One for each role, so that several people live in one browser, each with a cookie of their own.
    ALLOWED_HOSTS += roles.HOSTS
ORIGINS = ENV.origins
CSRF_TRUSTED_ORIGINS = list(ENV.origins)

INSTALLED_APPS = [
    *(["backend.web.demonstration"] if DEMO else []),
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "backend.audit",
    "backend.duties",
    "backend.notices",
    "backend.accounts",
    "backend.rosters",
    "matching",
    "chat",
    "backend.care",
    "backend.api",
    "backend.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "backend.web.middleware.PrivateMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "backend.web.middleware.HelpMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "backend.accounts.sessions.SessionsMiddleware",
    "backend.web.middleware.LanguageOfUserMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "backend.web.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "backend.urls"
ASGI_APPLICATION = "backend.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backend.web.context.site",
            ],
            "libraries": {"lucide": "backend.web.icons"},
        },
    }
]


def _database() -> dict[str, object]:
    if ENV.database_url:
        return {
            **environ.Env.db_url_config(ENV.database_url),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / ("demo.sqlite3" if DEMO else "shuangdao.sqlite3"),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL, not the NORMAL of most recipes: NORMAL loses acknowledged messages at a power cut.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if ENV.redis_url:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            # No read timeout: an idle subscription is a healthy one.
            "CONFIG": {"hosts": [{"address": ENV.redis_url, "socket_timeout": None}]},
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["backend.accounts.backend.Slowed"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def _validators(shortest: int, *names: str) -> list[dict[str, object]]:
    where = "django.contrib.auth.password_validation"
    like = {"user_attributes": ("login", "name", "phone", "email")}
    return [
        {"NAME": "backend.accounts.passwords.LongEnough", "OPTIONS": {"min_length": shortest}},
        {"NAME": f"{where}.UserAttributeSimilarityValidator", "OPTIONS": like},
        # Django's own list, looked up offline: the 19,640 most used passwords of known breaches.
        {"NAME": f"{where}.CommonPasswordValidator"},
        *({"NAME": f"{where}.{name}"} for name in names),
    ]


AUTH_PASSWORD_VALIDATORS = _validators(10, "NumericPasswordValidator")
# A child of eight types it each time; six digits of their own are more than a name known to the class.
CHILD_PASSWORD_VALIDATORS = _validators(6)
# A code besides the password. "required": of coordinators always, of mentors in a new browser;
# "optional": only of those who set it up; "off".
SECOND_STEP = "required" if PRODUCTION else "off" if DEMO else "optional"
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
FORMAT_MODULE_PATH = ["backend.web.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static" if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False
if PRODUCTION:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }

SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        # Older Safari does not count a socket of our own as 'self'.
        "connect-src": ["'self'", *(origin.replace("https:", "wss:") for origin in ENV.origins)],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# Around the clock in the demonstration, which must work at any hour; every page says so.
ROOMS_ALWAYS_OPEN = DEMO
try:
    ROOM_HOURS = hours.named(ENV.room_hours)
except ValueError as wrong:
    raise BadEnv(f"SHUANGDAO_ROOM_HOURS: {wrong}") from None
try:
    limits.configure(**ENV.room_limits)
except ValueError as wrong:
    raise BadEnv(f"SHUANGDAO_ROOM_LIMITS: {wrong}") from None

DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["backend.api.sign_in.Session"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "backend.api.paging.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    # OPTIONS would describe forms to people who may not see them; the schema describes everything once.
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "backend.api.refusals.handle",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Shuangdao",
    "DESCRIPTION": "Two mentors for every child of a frontline medic: rosters, rounds, pairings, history.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "backend.api.describing.any_of",
        "backend.api.describing.other_bodies",
    ],
    "ENUM_NAME_OVERRIDES": {
        "Role": "matching.models.Role",
        "RoundState": "backend.api.rounds.STATES",
        "ComparisonState": "backend.api.comparisons.STATES",
        "UploadState": "backend.rosters.models.RosterUpload.State",
        "PersonRole": "backend.api.session.ROLES",
        "Gender": "backend.rosters.models.Gender",
        "SchoolSystem": "backend.rosters.models.SchoolSystem",
        "GuardianStatus": "backend.rosters.models.Guardianship.Status",
        "GuardianReason": "backend.rosters.models.Guardianship.Reason",
        "QuietReason": "backend.rosters.models.Child.QuietReason",
        "ConsentSource": "backend.rosters.models.Consent.Source",
        "ReaderState": "backend.api.readers.STANDING",
        "ReaderWhy": "chat.models.Reader.Why",
        "HourAnswer": "matching.models.Pairing.Answer",
        "EditKind": "matching.models.Edit.Kind",
        "EndReason": "matching.models.EndReason",
        "LockKind": "matching.models.Lock.Kind",
        "NoticeKind": "backend.api.notices.KINDS",
        "RoomSide": "backend.api.rooms.SIDES",
        "EventKind": "backend.api.rooms.EVENTS",
        "MeetingState": "backend.api.meetings.STATES",
        "MissedBy": "backend.api.history.MISSED_BY",
        "LineKind": "backend.api.history.KINDS",
        "SessionEnd": "backend.api.history.ENDS",
        "RedactionReason": "chat.redaction.Reason",
        "Medium": "chat.models.Elsewhere.Medium",
        "InvitationState": "backend.api.invitations.STATES",
        "InvitationKind": "backend.accounts.models.Invitation.Kind",
        "CaseKind": "backend.care.models.Case.Kind",
        "CaseKindByHand": "backend.care.cases.BY_HAND",
        "CaseOutcome": "backend.care.models.Case.Outcome",
        "AlertKind": "backend.care.models.Alert.Kind",
        "AlertVerdict": "backend.care.models.Alert.Verdict",
        "NoteKind": "backend.care.models.Note.Kind",
        "NoteKindByHand": "backend.api.cases.WRITTEN",
        "HelpState": "backend.api.help.STATES",
        "WorryKind": "backend.api.help.KINDS",
        "CallTopic": "backend.care.models.CallRequest.Topic",
        "CallOutcome": "backend.care.models.CallRequest.Outcome",
        "CallOutcomeByHand": "backend.api.calls.RUNG",
        "ReadingState": "backend.care.models.Reading.State",
        "ReadingCode": "backend.care.models.Reading.Code",
        "ReadingReview": "backend.care.models.Reading.Review",
        "ShiftPost": "backend.care.models.Shift.Post",
        "StaffCapacity": "backend.api.log.CAPACITIES",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Where the links in e-mails lead.
SITE_ORIGIN = ENV.origins[0] if ENV.origins else "http://127.0.0.1:8000"
DEFAULT_FROM_EMAIL = ENV.email_from or "shuangdao@localhost"
EMAIL_TIMEOUT = 20
# Where calls to those on duty are posted; None: nobody can be woken, and the pages say so.
PAGER_URL = ENV.pager_url
# Where SMS are posted. In the demonstration they go into a folder, as its e-mails do, and a page shows them.
SMS_URL = ENV.sms_url
SMS_FOLDER = DATA_DIR / "sms" if DEMO else None
# The programme's own telephone. In the demonstration one that nobody can have.
PROGRAMME_PHONE = ENV.phone or ("0531-0000 0000" if DEMO else "")
# Where the audit log's head is kept outside the database: in production on a disk of its own.
AUDIT_HEADS_FILE = ENV.audit_heads or DATA_DIR / "audit-heads"

EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
if ENV.email_url:
    vars().update(environ.Env.email_url_config(ENV.email_url))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "backend.logs.WithoutWords",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
