"""The screens of labs, requests and results."""

from app.lab.views.requests import LabRequestPage, LabRequestView, LabView
from app.lab.views.results import LabResultView

VIEWS = (LabRequestView, LabRequestPage, LabResultView, LabView)
