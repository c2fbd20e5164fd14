from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class Person(AbstractBaseUser, PermissionsMixin):
    """A user with an e-mail address. X does not send one, so a user who signs in with X may add it later."""

    email = models.EmailField(unique=True, null=True, blank=True)
    nickname = models.CharField(max_length=50)
    is_active = models.BooleanField(default=True)

    objects = BaseUserManager()

    USERNAME_FIELD = "email"
