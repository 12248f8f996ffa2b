"""数据应用申请: who asks for which items of an entry, for what, and who agreed."""
