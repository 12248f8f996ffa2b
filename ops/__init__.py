"""Operations of the service under contract: inventory, inspections, backups, SLAs, assessment, settlement.

Nothing is built here yet; the floor exists so that imports point the right way from the start.
"""
