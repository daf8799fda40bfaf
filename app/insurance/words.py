"""What the columns of this room are called."""

from app.kernel.text import T

LABELS = {
    "insurance": T("Insurance"),
    "provider": T("Insurance provider"),
    "insurance_provider": T("Insurance provider"),
    "plan": T("Insurance plan"),
    "insurance_plan": T("Insurance plan"),
    "insurance_provider.name": T("Name"),
    "contact": T("Contact"),
    "annual_maximum": T("Most in a year"),
    "deductible": T("Deductible"),
    "policy_number": T("Policy number"),
    "holder": T("Policy holder"),
    "order": T("Order"),
    "valid_from": T("Valid from"),
    "valid_until": T("Valid until"),
    "verified_at": T("Checked on"),
    "used_this_year": T("Used this year"),
    "left": T("Left this year"),
    "plans": T("Plans"),
    "policies": T("Policies that hold"),
}
