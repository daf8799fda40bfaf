"""X-rays, photos and papers of patients: brought, listed, looked at, given back."""

from app.clinical.views.files.bringing import BringPage
from app.clinical.views.files.giving import FilePage
from app.clinical.views.files.table import MedicalFileView
from app.clinical.views.files.viewer import MistakePage, ViewerPage

VIEWS = (BringPage, FilePage, ViewerPage, MistakePage, MedicalFileView)

__all__ = ["VIEWS"]
