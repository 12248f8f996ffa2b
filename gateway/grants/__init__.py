"""接口授权: app → interface → fields → purpose, made by an approved demand and by nothing else."""
