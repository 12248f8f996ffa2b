"""Why a trial cannot be made or read."""

from kernel.errors import define

NO_TEST_GATEWAY = define(
    "gateway.trial.no_test_gateway", 409, zh="测试环境网关没有运行", en="The gateway of the test environment does not run",
    fix_zh="请运维人员设置 MULIAN_GATEWAY_TEST_PORT 后重新启动", fix_en="Set MULIAN_GATEWAY_TEST_PORT and start again",
)
TRIAL_STATE = define("gateway.trial.state", 409, zh="联调调用尚未完成", en="The trial call has not been made yet")
