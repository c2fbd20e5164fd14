from django.contrib import admin

from .models import Person


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin):
    list_display = ("email", "nickname", "is_staff", "is_active")
    search_fields = ("email", "nickname")
    fields = ("email", "nickname", "is_active", "is_staff", "is_superuser", "groups", "last_login")
    readonly_fields = ("last_login",)
