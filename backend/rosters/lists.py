"""The lists that every programme starts with; on the site they are rows that a coordinator may edit."""

JINAN = (
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
)
DISTRICTS: dict[str, str] = {key: code for code, name, _english in JINAN for key in (code, name)}
