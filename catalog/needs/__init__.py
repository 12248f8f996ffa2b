"""数据需求: what a department needs before it knows which entry holds it; answered with an entry or a reason."""
