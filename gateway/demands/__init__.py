"""Pages of 数据应用申请: the catalog owns the demand, the gateway knows the applications that will call."""
