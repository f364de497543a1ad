"""The public page of what happens when something goes wrong: both languages, nine cases, three sentences each."""

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import translation

from backend.web.middleware import LANGUAGE_COOKIE
from backend.web.views.what_if import CASES
from tests.chat.people import add_family
from tests.web.test_family import browser_of


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_anybody_reads_it_in_their_language(client, settings, language, django_assert_num_queries) -> None:
    settings.DEMO = False
    client.cookies[LANGUAGE_COOKIE] = language
    with django_assert_num_queries(0):
        page = client.get(reverse("what_if"))
    assert page.status_code == 200
    text = unescape(page.content.decode())
    assert text.count("<section") == 9
    with translation.override(language):
        assert [str(part) for case in CASES for part in case if str(part) not in text] == []
    chinese = re.findall(
        r"[\u4e00-\u9fff]", re.sub(r"<(?:header|footer|nav).*?</(?:header|footer|nav)>", "", text, flags=re.S)
    )
    assert bool(len(chinese) > 500) == (language == "zh-hans")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_case_is_three_sentences(language) -> None:
    end = "。" if language == "zh-hans" else "."
    with translation.override(language):
        assert len(CASES) == 9
        for case in CASES:
            assert len(case) == 4
            for sentence in case[1:]:
                assert str(sentence).endswith(end), sentence
                assert str(sentence).count(end) == 1, sentence


@pytest.mark.django_db
def test_it_is_shown_to_mentors_and_staff_and_put_before_no_child_or_family(client) -> None:
    family = add_family()
    way = f'href="{reverse("what_if")}"'
    for user in (family.coordinator, family.academic.user, family.wellbeing.user):
        assert way in browser_of(user).get("/").content.decode()
    for user in (family.child.user, family.parent, family.carer):
        for path in ("/", "/account/", f"/children/{family.child.pk}/history/", "/help/"):
            assert way not in browser_of(user).get(path).content.decode(), path
    assert way not in client.get(reverse("sign_in")).content.decode()
