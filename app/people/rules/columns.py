"""The columns of a patient list that a clinic brings along: what they may be called, and where they stand.

Source: rules.md, People. A list has its header somewhere on top, in Mongolian or English, or none at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.kernel import lists
from app.kernel.enums import Word
from app.kernel.errors import RuleError
from app.kernel.text import Names, T


class ImportColumn(Word):
    """What a column of the list holds."""

    LAST_NAME = "last_name", T("Last name")
    FIRST_NAME = "first_name", T("First name")
    FULL_NAME = "full_name", T("Last and first name together")
    REGISTER = "register_number", T("Register number")
    PASSPORT = "passport_number", T("Passport number")
    BIRTHDAY = "birthday", T("Birthday")
    GENDER = "gender", T("Gender")
    PHONE = "phone", T("Phone number")
    SECOND_PHONE = "second_phone", T("Second phone number")
    THIRD_PHONE = "third_phone", T("Third phone number")
    EMAIL = "email", T("Email")
    ADDRESS = "address", T("Address")
    OCCUPATION = "occupation", T("Occupation")
    EMERGENCY = "emergency_contact", T("Emergency contact")
    CARD = "card_number", T("Card number")
    FIRST_VISIT = "first_visit", T("First visit")
    LAST_VISIT = "last_visit", T("Last visit")
    NOTE = "note", T("Note")


BY_WORD = {column.value: column for column in ImportColumn}
PHONES = (ImportColumn.PHONE, ImportColumn.SECOND_PHONE, ImportColumn.THIRD_PHONE)

# The headers of an empty list to fill in.
HEADERS: Mapping[ImportColumn, Names] = {
    ImportColumn.LAST_NAME: Names("Овог", "Last name"),
    ImportColumn.FIRST_NAME: Names("Нэр", "First name"),
    ImportColumn.REGISTER: Names("Регистрийн дугаар", "Register number"),
    ImportColumn.BIRTHDAY: Names("Төрсөн огноо", "Birthday"),
    ImportColumn.GENDER: Names("Хүйс", "Gender"),
    ImportColumn.PHONE: Names("Утас", "Phone number"),
    ImportColumn.SECOND_PHONE: Names("Утас 2", "Second phone number"),
    ImportColumn.EMAIL: Names("И-мэйл", "Email"),
    ImportColumn.ADDRESS: Names("Хаяг", "Address"),
    ImportColumn.CARD: Names("Картын дугаар", "Card number"),
    ImportColumn.LAST_VISIT: Names("Сүүлд ирсэн", "Last visit"),
    ImportColumn.NOTE: Names("Тэмдэглэл", "Note"),
}

# Headers as clinics write them, without case, spaces and signs.
SPELLINGS: Mapping[ImportColumn, str] = {
    ImportColumn.LAST_NAME: "овог эцэгэхийннэр эцгийннэр эцэгэхнэр lastname surname familyname fathername fathersname",
    ImportColumn.FIRST_NAME: "нэр өөрийннэр өөрийнхнэр name firstname givenname forename",
    ImportColumn.FULL_NAME: (
        "овогнэр нэровог бүтэннэр овогболоннэр үйлчлүүлэгч үйлчлүүлэгчийннэр үйлчлүүлэгчийновогнэр өвчтөн өвчтөнийнэр "
        "өвчтөнийовогнэр fullname patient patientname client clientname"
    ),
    ImportColumn.REGISTER: (
        "регистр регистрийндугаар регистрдугаар регистрийн регистрийнно регистрно регдугаар рд рег ргистр "
        "registernumber register registerno registrationnumber registration regnumber regno reg rd nationalid"
    ),
    ImportColumn.PASSPORT: (
        "паспорт паспортындугаар гадаадпаспорт гадаадпаспортындугаар passport passportnumber passportno"
    ),
    ImportColumn.BIRTHDAY: (
        "төрсөногноо төрсөнөдөр төрсөн төрсөнонсарөдөр төрсөнжилсарөдөр төрсөнон birthday birthdate birth dateofbirth "
        "dob born"
    ),
    ImportColumn.GENDER: "хүйс gender sex",
    ImportColumn.PHONE: (
        "утас утас1 утасныдугаар утасныдугаар1 утаснынно гарутас гарутасныдугаар үндсэнутас phone phone1 phonenumber "
        "phonenumber1 phoneno mobile mobilephone mobilenumber cellphone tel telephone"
    ),
    ImportColumn.SECOND_PHONE: (
        "утас2 утасныдугаар2 нэмэлтутас нэмэлтутасныдугаар хоёрдахьутас 2дахьутас бусадутас яаралтайутас phone2 "
        "phonenumber2 secondphone secondphonenumber otherphone additionalphone"
    ),
    ImportColumn.THIRD_PHONE: "утас3 утасныдугаар3 гуравдахьутас 3дахьутас phone3 phonenumber3 thirdphone",
    ImportColumn.EMAIL: "имэйл имэил емэйл мэйл майл цахимшуудан цахимхаяг email emailaddress mail",
    ImportColumn.ADDRESS: "хаяг гэрийнхаяг оршинсуугаахаяг оршинсуухаяг address homeaddress",
    ImportColumn.OCCUPATION: "мэргэжил ажилмэргэжил албантушаал ажлынгазар occupation profession job",
    ImportColumn.EMERGENCY: (
        "яаралтайүедхолбогдох яаралтайүедхолбогдоххүн холбообарих холбообариххүн emergencycontact emergency "
        "contactperson nextofkin"
    ),
    ImportColumn.CARD: (
        "карт картын картындугаар картдугаар картынно картно хувийнхэргийндугаар card cardnumber cardno chart "
        "chartnumber chartno patientcard"
    ),
    ImportColumn.FIRST_VISIT: (
        "анхирсэн анхирсэногноо анхирсэнөдөр анхныүзлэг бүртгүүлсэн бүртгүүлсэногноо бүртгэсэногноо бүртгэлийногноо "
        "firstvisit firstvisitdate firstseen registered registeredon registrationdate"
    ),
    ImportColumn.LAST_VISIT: (
        "сүүлдирсэн сүүлдирсэногноо сүүлдирсэнөдөр сүүлийнүзлэг сүүлийнүзлэгийногноо сүүлийнирэлт сүүлийнирсэн "
        "lastvisit lastvisitdate lastvisited lastseen lastappointment dateoflastvisit"
    ),
    ImportColumn.NOTE: (
        "тэмдэглэл тайлбар нэмэлтмэдээлэл нэмэлт note notes comment comments remark remarks description"
    ),
}


@dataclass(frozen=True, slots=True)
class Layout(lists.Layout[ImportColumn]):
    """Where a patient list's header stands, and what each column holds."""

    def check(self) -> None:
        """Refuse a layout that can't be read: no name, or two columns for one thing. Raises RuleError."""
        held = [column for column in self.columns if column is not None]
        if ImportColumn.FIRST_NAME not in held and ImportColumn.FULL_NAME not in held:
            raise RuleError(T("Say which column holds the first names."), field="columns")
        if ImportColumn.FULL_NAME in held and {ImportColumn.FIRST_NAME, ImportColumn.LAST_NAME} & set(held):
            raise RuleError(T("Names stand either in one column or in two, not in both."), field="columns")
        self.check_once((ImportColumn.NOTE,))

    def missing(self) -> list[ImportColumn]:
        """What no column holds though every patient needs it: rows without it will be refused."""
        held = set(self.columns)
        needed = [ImportColumn.PHONE, ImportColumn.SECOND_PHONE]
        if ImportColumn.REGISTER not in held:
            needed += [ImportColumn.BIRTHDAY, ImportColumn.GENDER]
        return [column for column in needed if column not in held]


class _PatientHeads(lists.Heads[ImportColumn]):
    made = Layout

    def again(self, column: ImportColumn, found: Sequence[ImportColumn | None]) -> ImportColumn | None:
        """A second "phone" is the second phone; any other name that comes again is left open, but for notes."""
        if column in PHONES:
            return next((phone for phone in PHONES[PHONES.index(column) :] if phone not in found), None)
        return None if column in found and column is not ImportColumn.NOTE else column


HEADS = _PatientHeads(ImportColumn, SPELLINGS)
