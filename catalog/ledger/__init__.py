"""The ledger of information projects (信息化项目底账)."""
