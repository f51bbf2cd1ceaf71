"""The names of months in the languages of Europe, and in Indonesian, as numbers.

They are those of the Unicode CLDR, wide and abbreviated, also without accents. A test compares them with Babel 2.19,
which is not needed to run: it has 30 MB.
A name that is of different months in two languages is none: ``listopad`` is October in Croatian, November in Czech.
"""

from __future__ import annotations

from typing import Final

#: The names of January, of February, and so on, in lower case without a final point.
_NAMES: Final = (
    """
    ene enero gen gener gennaio ian ianuarie jan janeiro janner januar januara januari january január januára
    janv janvier jän jänner led leden ledna oca ocak sij sijecanj sijecnja siječanj siječnja sty styczen
    styczeń stycznia tammi tammikuu tammikuuta ιαν ιανουάριοσ ιανουαρίου січ січень січня янв январь января
    яну януари
    """,
    """
    feb febbraio febr febrer febrero februar februara februari februarie february február februára fev
    fevereiro fevr fevrier févr février helmi helmikuu helmikuuta lut lutego luty sub subat uno unor unora
    velj veljaca veljace veljača veljače úno únor února şub şubat φεβ φεβρουάριοσ φεβρουαρίου лют лютий лютого
    фев февр февраль февраля февруари
    """,
    """
    bre brezen brezna bře březen března maalis maaliskuu maaliskuuta maart maerz mar marc marca march marcius
    marco marec maret mars mart martie marts marz marzec marzo març março mrt mrz márc március mär märz ozu
    ozujak ozujka ožu ožujak ožujka μάρ μάρτιοσ μαρ μαρτίου бер березень березня мар март марта
    """,
    """
    abr abril apr april aprila aprile aprilie aprilis apríl apríla avr avril dub duben dubna huhti huhtikuu
    huhtikuuta kwi kwiecien kwiecień kwietnia nis nisan tra travanj travnja ápr április απρ απρίλιοσ απριλίου
    апр апрель апреля април квіт квітень квітня
    """,
    """
    kve kveten kvetna kvě květen května mag maggio mai maig maio maj maja majus may mayo mayıs mei máj mája
    május svi svibanj svibnja touko toukokuu toukokuuta μάι μάιοσ май мая трав травень травня
    """,
    """
    cerven cervna cvn cze czerwca czerwiec giu giugno haz haziran iun iunie juin jun juna june junho juni
    junij junio junius juny jún júna június kesa kesakuu kesakuuta kesä kesäkuu kesäkuuta lipanj lipnja červen
    června čvn ιουν ιουνίου ιούν ιούνιοσ июн июнь июня черв червень червня юни
    """,
    """
    cervence cervenec cvc heina heinakuu heinakuuta heinä heinäkuu heinäkuuta iul iulie juil juillet jul jula
    julho juli julij julio juliol julius july júl júla július lipca lipiec lug luglio srpanj srpnja tem temmuz
    července červenec čvc ιουλ ιουλίου ιούλ ιούλιοσ июл июль июля лип липень липня юли
    """,
    """
    ago agost agosto agu agustos agustus aout août aug august augusta augusti augustus augusztus avg avgust
    ağu ağustos elo elokuu elokuuta kol kolovoz kolovoza sie sierpien sierpień sierpnia srpen srpna αυγ
    αυγούστου αύγ αύγουστοσ авг август августа серп серпень серпня
    """,
    """
    eyl eylul eylül ruj rujan rujna sep sept september septembra septembre septembrie septiembre set setembre
    setembro settembre syys syyskuu syyskuuta szept szeptember wrz wrzesien wrzesień wrzesnia września zar
    zari zář září σεπ σεπτέμβριοσ σεπτεμβρίου вер вересень вересня сент сентябрь сентября сеп септември
    """,
    """
    eki ekim loka lokakuu lokakuuta oct october octobre octombrie octubre okt oktober oktobra október októbra
    ott ottobre out outubro paz pazdziernik pazdziernika paź październik października rij rijen rijna říj
    říjen října οκτ οκτωβρίου οκτώβριοσ жовт жовтень жовтня окт октомври октябрь октября
    """,
    """
    kas kasım listopadu marras marraskuu marraskuuta noiembrie nov november novembra novembre novembro
    noviembre stu studeni studenoga νοέ νοέμβριοσ νοε νοεμβρίου лист листопад листопада ное ноември нояб
    ноябрь ноября
    """,
    """
    ara aralık dec december decembra decembre decembrie des desember desembre dez dezember dezembro dic
    dicembre diciembre déc décembre gru grudnia grudzien grudzień joulu joulukuu joulukuuta pro prosinac
    prosinca prosince prosinec δεκ δεκέμβριοσ δεκεμβρίου груд грудень грудня дек декабрь декабря декември
    """,
)
#: Names that are of different months in several languages.
AMBIGUOUS_MONTHS: Final = {
    "lip": "June or July",
    "lis": "October or November",
    "listopad": "October or November",
    "listopada": "October or November",
    "srp": "July or August",
}
_NUMBERS: Final = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}


def month_number(name: str) -> int | None:
    """The month from 1 that a name in any case means, with or without a final point; None for other words."""
    return _NUMBERS.get(name.casefold().rstrip("."))
