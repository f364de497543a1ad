"""The subjects, and the fifteen units of Jinan in 2020. Both are data that a coordinator may edit."""

from django.db import migrations

SUBJECTS = [
    ("chinese", "语文", "Chinese"),
    ("math", "数学", "Mathematics"),
    ("english", "英语", "English"),
    ("physics", "物理", "Physics"),
    ("chemistry", "化学", "Chemistry"),
    ("biology", "生物", "Biology"),
    ("history", "历史", "History"),
    ("geography", "地理", "Geography"),
    ("politics", "道德与法治", "Politics"),
    ("science", "科学", "Science"),
]
DISTRICTS = [
    ("370102", "历下区", "Lixia"),
    ("370103", "市中区", "Shizhong"),
    ("370104", "槐荫区", "Huaiyin"),
    ("370105", "天桥区", "Tianqiao"),
    ("370112", "历城区", "Licheng"),
    ("370113", "长清区", "Changqing"),
    ("370114", "章丘区", "Zhangqiu"),
    ("370115", "济阳区", "Jiyang"),
    ("370116", "莱芜区", "Laiwu"),
    ("370117", "钢城区", "Gangcheng"),
    ("370124", "平阴县", "Pingyin"),
    ("370126", "商河县", "Shanghe"),
    ("gaoxin", "高新区", "Hi-Tech Zone"),
    ("nanshan", "南部山区", "Southern Mountains"),
    ("xianxing", "先行区", "Start-up Area"),
]


def fill(apps, schema_editor):
    apps.get_model("rosters", "Subject").objects.bulk_create(
        [
            apps.get_model("rosters", "Subject")(code=code, name=name, name_en=english, order=order)
            for order, (code, name, english) in enumerate(SUBJECTS)
        ]
    )
    apps.get_model("rosters", "District").objects.bulk_create(
        [
            apps.get_model("rosters", "District")(code=code, name=name, name_en=english)
            for code, name, english in DISTRICTS
        ]
    )


class Migration(migrations.Migration):
    dependencies = [("rosters", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
