"""The rules of meeting, as pure functions of rows and a clock.

Times are aware and in UTC; the time now is always an argument; days and weekly slots are of Asia/Shanghai.
"""
