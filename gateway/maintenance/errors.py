"""Why a window cannot be planned or ended."""

from kernel.errors import define

WINDOW = define("gateway.maintenance.window", 422, zh="维护窗口须在今后 30 天之内，时长不超过 3 天",
    en="A window lies within the next 30 days and lasts at most three")
WINDOW_STATE = define("gateway.maintenance.ended", 409, zh="该维护窗口已结束或已取消", en="This window has ended or was cancelled")
